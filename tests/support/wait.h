// Waiting for a state, as long as it takes: a test has no limit on time but ctest's TIMEOUT, which
// ends one that hangs.
#pragma once

#include <time.h>

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

namespace tests {

/// Returns once `condition()` is true. Naps between two looks, so that whoever is to bring the
/// state about has the processor. Allocates nothing.
template <class Condition>
void wait_until(Condition&& condition) {
    while (!condition()) {
        const timespec nap{0, 1'000'000};
        ::nanosleep(&nap, nullptr);
    }
}

/// Leaves a thread idle for so long, where the idleness itself is what is tested and nothing is
/// concluded from its length.
inline void idle(unsigned long microseconds) {
    const timespec spell{static_cast<time_t>(microseconds / 1'000'000),
                         static_cast<long>(microseconds % 1'000'000) * 1000};
    ::nanosleep(&spell, nullptr);
}

/// For a thread to name itself to those below.
inline pid_t thread_id() {
    return static_cast<pid_t>(::syscall(SYS_gettid));
}

/// Whether a thread of this process sleeps on the futex at `word` at this moment, by the kernel's
/// word. A lock is a futex too.
inline bool sleeps_on(pid_t thread, const void* word) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/syscall", static_cast<int>(thread));
    std::FILE* const file = std::fopen(path, "re");
    long number = -1;
    unsigned long address = 0;
    if (file != nullptr) {
        if (std::fscanf(file, "%ld %lx", &number, &address) != 2) { // "running"
            number = -1;
        }
        std::fclose(file);
    }
    // Of a program under qemu-user the kernel shows its own machine's number and address.
    constexpr long of_x86_64 = 202;
    return number == SYS_futex ? address == reinterpret_cast<unsigned long>(word)
                               : number == of_x86_64;
}

/// How often a thread of this process has gone to sleep so far.
inline unsigned long sleeps_so_far(pid_t thread) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/status", static_cast<int>(thread));
    std::FILE* const file = std::fopen(path, "re");
    unsigned long count = 0;
    if (file != nullptr) {
        char line[256];
        while (std::fgets(line, sizeof line, file) != nullptr &&
               std::sscanf(line, "voluntary_ctxt_switches: %lu", &count) != 1) {
        }
        std::fclose(file);
    }
    return count;
}

} // namespace tests
