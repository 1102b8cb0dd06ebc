// The slowest of many operations, on a machine that others use too.
//
// An operation costs one reading of the clock. What it took is its time on the clock or, if that is
// less, the thread's processor time since the last reading of it, at most 32 operations ago: so a
// time slice that went to another process isn't counted as the map's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace ebb::bench {

class stopwatch {
    using clock = std::chrono::steady_clock;

  public:
    /// Times one operation.
    template <class F>
    void operator()(const F& operation) {
        if (++since_reading_ >= operations_a_reading) {
            read_processor();
        }
        const clock::time_point before = clock::now();
        operation();
        const auto took = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - before).count());
        sum_ns_ += took;
        ++count_;
        if (took > worst_ns_) {
            const std::uint64_t from = processor_ns_;
            read_processor();
            worst_ns_ = std::max(worst_ns_, std::min(took, processor_ns_ - from));
        }
    }

    [[nodiscard]] double worst_us() const noexcept { return static_cast<double>(worst_ns_) / 1e3; }
    [[nodiscard]] double mean_ns() const noexcept {
        return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
    }
    void restart() noexcept {
        sum_ns_ = count_ = worst_ns_ = 0;
        read_processor();
    }

  private:
    static constexpr unsigned operations_a_reading = 32;

    void read_processor() noexcept {
        timespec t{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        processor_ns_ = static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
                        static_cast<std::uint64_t>(t.tv_nsec);
        since_reading_ = 0;
    }

    std::uint64_t processor_ns_ = 0;
    std::uint64_t sum_ns_ = 0;
    std::uint64_t count_ = 0;
    std::uint64_t worst_ns_ = 0;
    unsigned since_reading_ = operations_a_reading;
};

} // namespace ebb::bench
