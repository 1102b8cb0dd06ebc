#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/background.h>
#include <ebb/alloc/os/pages.h>
#include <ebb/alloc/os/system_call.h>

#include <sched.h>

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace ebb::os {
namespace {

// The thread's memory, one mapping: [ guard | stack | zeroes below the thread pointer | block ].
// Static thread-local storage lies below the pointer on x86-64 and above it on aarch64; both sides
// have room for libc's errno and the compiler's stack guard.
constexpr std::size_t stack_bytes = 64 * kib;
constexpr std::size_t local_bytes = 64 * kib;

int enter(void* work) {
    system_call(SYS_prctl, PR_SET_NAME, reinterpret_cast<long>("ebb-purge"));
    reinterpret_cast<void (*)() noexcept>(work)();
    return 0;
}

} // namespace

bool background_thread::start(void (*work)() noexcept) noexcept {
    if (running()) {
        return false;
    }
    const int error = errno;
    if (stack_ == nullptr) {
        stack_ = reserve(stack_bytes + local_bytes + page_size(), page_size());
        if (stack_ == nullptr || !commit(advance(stack_, page_size()), stack_bytes + local_bytes)) {
            errno = error;
            return false;
        }
    }
    void* const top = advance(stack_, page_size() + stack_bytes);
    void* const local = advance(top, local_bytes / 2);
    std::memcpy(local, &local, sizeof local); // x86-64: the pointer's block begins with itself
    unsigned long all = ~0UL;
    unsigned long before = 0;
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&all),
                reinterpret_cast<long>(&before), sizeof all);
    tid_.store(1, std::memory_order_relaxed);
    noise();
    const int made = ::clone(enter, top,
                             CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                 CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID,
                             reinterpret_cast<void*>(work), nullptr, local, &tid_);
    if (made < 0) {
        tid_.store(0, std::memory_order_relaxed);
    }
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&before), 0, sizeof before);
    errno = error;
    return made >= 0;
}

} // namespace ebb::os
