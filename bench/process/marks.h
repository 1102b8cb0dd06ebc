// Marks in a measured program: what happens between them is counted.
//
// Three witnesses count at once, each in a run of its own (counted.h):
// - the kernel's page faults (ru_minflt), which the program itself reads at both marks;
// - callgrind's instructions: the marks switch its collection on and off, for the thread that makes
//   them. A thread that works beside it has its own switch, instructions_of_thread;
// - strace's system calls: a mark is a close() of a descriptor that can't exist, which the kernel
//   refuses and strace's output shows.
//
// Cost of a mark: two system calls, some instructions. Nothing allocates, errno stays as it was.
// Threads: one pair of marks at a time in a process; it may come several times.
#pragma once

#ifdef EBB_CALLGRIND
#include <valgrind/callgrind.h>
#endif

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace ebb::bench {

/// The descriptors that marks close.
inline constexpr int begin_mark = -3771;
inline constexpr int end_mark = -3772;

namespace detail {

inline long faults_at_begin = 0;

inline long page_faults() noexcept {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

inline void make_mark(int descriptor) noexcept {
    const int before = errno;
    ::close(descriptor);
    errno = before;
}

inline void switch_instructions() noexcept {
#ifdef EBB_CALLGRIND
    CALLGRIND_TOGGLE_COLLECT;
#endif
}

} // namespace detail

/// Counting begins here.
inline void begin_counting() noexcept {
    detail::faults_at_begin = detail::page_faults();
    detail::make_mark(begin_mark);
    detail::switch_instructions();
}

/// Counting ends here. The page faults of all threads since begin_counting().
inline long end_counting() noexcept {
    detail::switch_instructions();
    detail::make_mark(end_mark);
    return detail::page_faults() - detail::faults_at_begin;
}

/// While it lives, the instructions of the thread that made it count, too.
class instructions_of_thread {
  public:
    instructions_of_thread() noexcept { detail::switch_instructions(); }
    instructions_of_thread(const instructions_of_thread&) = delete;
    instructions_of_thread& operator=(const instructions_of_thread&) = delete;
    ~instructions_of_thread() { detail::switch_instructions(); }
};

} // namespace ebb::bench
