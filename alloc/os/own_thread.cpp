#include <ebb/alloc/os/own_thread.h>

#include <sched.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

// Of glibc 2.32 and later.
extern "C" char __libc_single_threaded [[gnu::weak]];

namespace ebb::os {
namespace {

constinit cpu_set_t processors{};
constinit bool knows_processors = false;

// It sets its own policy: by an attribute the thread that starts it would set it, and both would
// wait for each other meanwhile.
void* run(void* work) {
    const sched_param ordinary{};
    static_cast<void>(::sched_setscheduler(0, SCHED_OTHER, &ordinary));
    if (knows_processors) { // by an attribute, libc would allocate
        static_cast<void>(::sched_setaffinity(0, sizeof processors, &processors));
    }
    static_cast<void>(::pthread_setname_np(::pthread_self(), "ebb-purge"));
    reinterpret_cast<void (*)() noexcept>(work)();
    return nullptr;
}

int create_with_stack(create_function create, void (*work)() noexcept, pthread_t& thread,
                      pthread_attr_t& attributes, std::size_t stack_bytes) noexcept {
    static_cast<void>(::pthread_attr_setstacksize(&attributes, stack_bytes));
    return create(&thread, &attributes, run, reinterpret_cast<void*>(work));
}

} // namespace

bool is_single_threaded() noexcept {
    return &__libc_single_threaded != nullptr && __libc_single_threaded != 0;
}

void note_processors() noexcept {
    const int error = errno;
    knows_processors = ::sched_getaffinity(0, sizeof processors, &processors) == 0;
    errno = error;
}

int start_own_thread(create_function create, void (*work)() noexcept, pthread_t& thread) noexcept {
    constexpr std::size_t small_stack = std::size_t{128} << 10U;
    constexpr std::size_t usual_stack = std::size_t{8} << 20U;
    const int error = errno;
    pthread_attr_t attributes;
    int result = ::pthread_attr_init(&attributes);
    if (result != 0) {
        return result;
    }
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &all, &before));
    result = create_with_stack(create, work, thread, attributes, small_stack);
    if (result == EINVAL) { // the program's thread-local data doesn't fit there
        result = create_with_stack(create, work, thread, attributes, usual_stack);
    }
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &before, nullptr));
    static_cast<void>(::pthread_attr_destroy(&attributes));
    errno = error;
    return result;
}

} // namespace ebb::os
