// What the arena suite has its subjects do. Sizes and places come from tables that are longer than
// what a branch predictor remembers, and are drawn before the clock runs.
#pragma once

#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/marks.h>
#include <ebb/bench/random_sizes.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <utility>
#include <vector>

namespace ebb::bench::arenas {

/// Sizes that the compiler knows, as a container of nodes does.
template <std::size_t Bytes>
struct fixed {
    static constexpr std::size_t most = Bytes;
    [[nodiscard]] constexpr std::size_t operator[](std::size_t) const { return Bytes; }
};
/// 8 to 128, each as likely as another.
class small {
  public:
    static constexpr std::size_t most = 128;
    small() : sizes_(uniform(table_entries, 8, most)) {}
    [[nodiscard]] std::size_t operator[](std::size_t i) const { return sizes_[i % table_entries]; }

  private:
    static constexpr std::size_t table_entries = std::size_t{1} << 18;
    std::vector<std::uint16_t> sizes_;
};
/// 16 to 4,096, each doubling as likely as another.
class mixed {
  public:
    static constexpr std::size_t most = 4096;
    mixed() {
        const auto wide = log_uniform(table_entries, 16, most, 5);
        sizes_.assign(wide.begin(), wide.end());
    }
    [[nodiscard]] std::size_t operator[](std::size_t i) const { return sizes_[i % table_entries]; }

  private:
    static constexpr std::size_t table_entries = std::size_t{1} << 18;
    std::vector<std::uint16_t> sizes_;
};

inline void write(void* p) {
    asm volatile("" : "+r"(p) : : "memory");
    *static_cast<volatile std::uint64_t*>(p) = 1;
}

inline double cpu_nanoseconds() {
    std::timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// Runs `one` so often between the marks, after `warm_up` turns that don't count, and prints what
/// one of the `operations` in each turn took.
template <class One>
void measure(std::size_t iterations, std::size_t warm_up, double operations, One&& one) {
    for (std::size_t i = 0; i < warm_up; ++i) {
        one();
    }
    const double begun = cpu_nanoseconds();
    begin_counting();
    for (std::size_t i = 0; i < iterations; ++i) {
        one();
    }
    const auto faults = static_cast<double>(end_counting());
    const double ns = cpu_nanoseconds() - begun;
    print_figure("ns", ns / (operations * static_cast<double>(iterations)));
    print_figure("page_faults", faults);
    print_figure("operations", operations);
}

/// A block is allocated, written, given back.
template <class Subject, class Sizes>
void pair(std::size_t iterations) {
    Subject subject(Sizes::most);
    const Sizes sizes;
    std::size_t at = 0;
    measure(iterations, iterations / 10, 1, [&] {
        const std::size_t bytes = sizes[at++];
        void* const p = subject.allocate(bytes);
        write(p);
        subject.deallocate(p, bytes);
    });
}

/// A thousand blocks are allocated and written, then given back: the last first, or the first.
template <class Subject, class Sizes, bool LastFirst>
void batch(std::size_t iterations) {
    constexpr std::size_t blocks = 1000;
    Subject subject(Sizes::most);
    const Sizes sizes;
    std::array<void*, blocks> all{};
    std::size_t from = 0;
    measure(iterations, iterations / 10 + 4, blocks, [&] {
        for (std::size_t i = 0; i < blocks; ++i) {
            all[i] = subject.allocate(sizes[from + i]);
            write(all[i]);
        }
        for (std::size_t n = 0; n < blocks; ++n) {
            const std::size_t i = LastFirst ? blocks - 1 - n : n;
            subject.deallocate(all[i], sizes[from + i]);
        }
        subject.end_round();
        from += blocks;
    });
}

/// Of 4,096 blocks a random one is replaced.
template <class Subject, class Sizes>
void window(std::size_t iterations) {
    constexpr std::size_t blocks = 4096;
    Subject subject(Sizes::most);
    const Sizes sizes;
    std::array<std::pair<void*, std::size_t>, blocks> all{};
    quick_random random(7);
    std::size_t at = 0;
    for (auto& [p, bytes] : all) {
        bytes = sizes[at++];
        p = subject.allocate(bytes);
        write(p);
    }
    measure(iterations, iterations / 10 + 4 * blocks, 1, [&] {
        auto& [p, bytes] = all[random() >> 52];
        subject.deallocate(p, bytes);
        bytes = sizes[at++];
        p = subject.allocate(bytes);
        write(p);
    });
    for (auto& [p, bytes] : all) {
        subject.deallocate(p, bytes);
    }
}

/// As many blocks as iterations: the allocations are measured, or, in random order, the frees.
template <class Subject, class Sizes, bool Frees>
void many(std::size_t iterations) {
    Subject subject(Sizes::most);
    const Sizes sizes;
    std::vector<std::pair<void*, std::size_t>> all(iterations);
    std::uint64_t asked = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        all[i].second = sizes[i];
        asked += all[i].second;
    }
    std::size_t at = 0;
    const auto take = [&] {
        auto& [p, bytes] = all[at++];
        p = subject.allocate(bytes);
        write(p);
    };
    if constexpr (!Frees) {
        measure(iterations, 0, 1, take);
        if (const auto below = subject.below()) {
            print_figure("held", static_cast<double>(*below) / static_cast<double>(asked));
        }
        return;
    }
    for (std::size_t i = 0; i < iterations; ++i) {
        take();
    }
    quick_random random(8);
    for (std::size_t i = all.size(); i > 1; --i) {
        std::swap(all[i - 1], all[random() % i]);
    }
    at = 0;
    measure(iterations, 0, 1, [&] {
        const auto& [p, bytes] = all[at++];
        subject.deallocate(p, bytes);
    });
}

/// An arena is made, gives so many blocks, and ends with them in it. malloc gives each back.
template <class Subject, class Sizes, std::size_t Blocks>
void request(std::size_t iterations) {
    const Sizes sizes;
    std::size_t at = 0;
    std::array<void*, Blocks> all{};
    measure(iterations, iterations / 10 + 4, 1, [&] {
        Subject subject(Sizes::most);
        for (std::size_t i = 0; i < Blocks; ++i) {
            all[i] = subject.allocate(sizes[at + i]);
            write(all[i]);
        }
        if (!subject.below()) {
            for (std::size_t i = 0; i < Blocks; ++i) {
                subject.deallocate(all[i], sizes[at + i]);
            }
        }
        at += Blocks;
    });
}

} // namespace ebb::bench::arenas
