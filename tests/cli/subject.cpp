// What `ebb run` runs in the tests: a small program that does one thing. Three builds of it: as
// others are, without position independence (its own stubs stand for malloc and free), and static.
//
//     subject ledger              prints ALLOCATIONS FREES of the ledger in force, or "none"
//     subject state               prints what a program finds as it begins: ERRNO DESCRIPTORS
//     subject hold MEGABYTES      touches so much and ends with it
//     subject vfork               a child of vfork leaves by _exit(4); prints its status
//     subject handler             a signal's handler leaves by _exit(6)
#include <ebb/alloc/ledger/ebb.h>

#include <dirent.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" __attribute__((weak)) int ebb_heap_ledger(struct ebb_ledger*, // NOLINT: ebb's own name
                                                     std::size_t) noexcept;

// Taken addresses: in a program at a fixed place they make the stubs what `&malloc` is everywhere.
void* (*volatile take)(std::size_t) = &std::malloc;
void (*volatile give)(void*) = &std::free;

namespace {

int at_start = errno;

int descriptors() {
    int count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (folder != nullptr && ::readdir(folder) != nullptr) {
        ++count;
    }
    return count - 3; // `.`, `..` and the folder's own
}

void print(const char* format, unsigned long a, unsigned long b) {
    char text[64];
    const int length = std::snprintf(text, sizeof text, format, a, b);
    [[maybe_unused]] const ssize_t n =
        ::write(STDOUT_FILENO, text, static_cast<std::size_t>(length));
}

void leave(int) {
    ::_exit(6);
}

} // namespace

int main(int argc, char** argv) {
    const char* const what = argc > 1 ? argv[1] : "";
    if (std::strcmp(what, "ledger") == 0) {
        for (int i = 0; i < 1000; ++i) {
            give(take(40));
        }
        struct ebb_ledger l;
        if (ebb_heap_ledger != nullptr && ebb_heap_ledger(&l, sizeof l) == 0) {
            print("%lu %lu\n", l.allocations, l.frees);
        } else {
            print("none\n", 0, 0);
        }
        return 0;
    }
    if (std::strcmp(what, "state") == 0) {
        print("%lu %lu\n", static_cast<unsigned long>(at_start),
              static_cast<unsigned long>(descriptors()));
        return 0;
    }
    if (std::strcmp(what, "hold") == 0 && argc > 2) {
        const std::size_t bytes = std::strtoul(argv[2], nullptr, 10) << 20;
        auto* const block = static_cast<char*>(take(bytes));
        for (std::size_t i = 0; block != nullptr && i < bytes; i += 512) {
            block[i] = 1;
        }
        return block == nullptr;
    }
    if (std::strcmp(what, "vfork") == 0) {
        const pid_t child = ::vfork();
        if (child == 0) {
            ::_exit(4);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        print("%lu %lu\n", static_cast<unsigned long>(WEXITSTATUS(status)), 0);
        return 0;
    }
    if (std::strcmp(what, "handler") == 0) {
        ::signal(SIGUSR1, &leave);
        ::raise(SIGUSR1);
    }
    return 1;
}
