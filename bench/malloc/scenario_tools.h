// What scenarios share, of mallocs and of maps: tables outside of the malloc, clocks, random
// numbers.
#pragma once

#include <ebb/alloc/os/process.h>
#include <ebb/bench/malloc/scenarios.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/marks.h>

#include <time.h>

#include <sys/mman.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ebb::bench::suite {

/// A table that no malloc sees: mapped, and resident from the start.
template <class T>
class outside_table {
  public:
    explicit outside_table(std::size_t count) : count_(count) {
        void* const p = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (p == MAP_FAILED) {
            std::fputs("out of memory\n", stderr);
            std::_Exit(1);
        }
        at_ = static_cast<T*>(p);
    }
    outside_table(const outside_table&) = delete;
    outside_table& operator=(const outside_table&) = delete;
    ~outside_table() { ::munmap(at_, count_ * sizeof(T)); }
    T& operator[](std::size_t i) { return at_[i]; }
    [[nodiscard]] std::size_t size() const { return count_; }

  private:
    T* at_ = nullptr;
    std::size_t count_;
};

/// splitmix64 (Vigna): the same numbers under every malloc.
class random_numbers {
  public:
    explicit random_numbers(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    std::uint32_t size(sizes of) {
        const double unit = static_cast<double>(next() >> 11) * 0x1p-53;
        return static_cast<std::uint32_t>(
            of.least * std::exp(unit * std::log(static_cast<double>(of.most) / of.least)));
    }

  private:
    std::uint64_t state_;
};

template <class T>
void shuffle(outside_table<T>& table, random_numbers& random) {
    for (std::size_t i = table.size(); i > 1; --i) {
        std::swap(table[i - 1], table[random.below(i)]);
    }
}

/// CPU seconds of all threads of this process.
inline double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What is counted of a load, with pauses in which it looks at itself.
class load_counter {
  public:
    void go_on() noexcept { begin_counting(); }
    void pause() noexcept { faults_ += end_counting(); }
    /// `faults`: the page faults of all of it.
    void print() const { print_figure("faults", static_cast<double>(faults_)); }

  private:
    long faults_ = 0;
};

/// A second in which the program does nothing: whoever purges must do it by himself.
inline void idle_second() {
    timespec left{1, 0};
    while (::nanosleep(&left, &left) != 0) {
    }
}

inline double resident() {
    const auto bytes = os::resident_bytes();
    if (!bytes) {
        std::fputs("no Rss in /proc/self/smaps_rollup\n", stderr);
        std::_Exit(1);
    }
    return static_cast<double>(*bytes);
}

/// malloc, or the end of the process.
inline void* must_take(std::size_t bytes) {
    void* const p = std::malloc(bytes);
    if (p == nullptr) {
        std::fputs("out of memory\n", stderr);
        std::_Exit(1);
    }
    return p;
}

} // namespace ebb::bench::suite
