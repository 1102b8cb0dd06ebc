// cross_thread: one thread takes blocks of 64 bytes and writes them, another reads and frees them.
// The time is the CPU's of both sides, a block. Batches go over sixteen at a time: handing
// over costs under half a nanosecond a block.
// threads: N threads, each with a working set of its own, replace a random block of it. The time is
// the wall's times the cores that N threads can use, so that waiting for a lock counts.
#include <ebb/bench/suites/malloc/blocks.h>

#include <time.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ebb::bench {
namespace {

double process_cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr std::size_t batch_blocks = 1024;
constexpr std::size_t most_waiting = 16;
constexpr std::size_t round_batches = 64;
using batch_of_blocks = std::array<void*, batch_blocks>;

// Batches on their way. The taker takes all at once, so that a wake-up serves up to 16 batches.
class handover {
  public:
    void put(const batch_of_blocks& batch) {
        std::unique_lock hold(mutex_);
        room_.wait(hold, [&] { return count_ < most_waiting; });
        waiting_[count_++] = batch;
        // Only when all stand there; finish() wakes it for the last ones.
        if (count_ == most_waiting) {
            some_.notify_one();
        }
    }
    void finish() {
        const std::lock_guard hold(mutex_);
        finished_ = true;
        some_.notify_one();
    }
    /// Frees what is on its way until the other side has finished.
    void free_all() {
        auto taken = std::make_unique<std::array<batch_of_blocks, most_waiting>>();
        for (;;) {
            std::unique_lock hold(mutex_);
            some_.wait(hold, [&] { return count_ == most_waiting || finished_; });
            const std::size_t count = count_;
            if (count == 0) {
                return;
            }
            std::copy_n(waiting_.begin(), count, taken->begin());
            count_ = 0;
            room_.notify_one();
            hold.unlock();
            for (std::size_t i = 0; i < count; ++i) {
                for (void* const p : (*taken)[i]) {
                    benchmark::DoNotOptimize(*static_cast<volatile char*>(p));
                    std::free(p);
                }
            }
        }
    }

  private:
    std::mutex mutex_;
    std::condition_variable some_;
    std::condition_variable room_;
    std::array<batch_of_blocks, most_waiting> waiting_;
    std::size_t count_ = 0;
    bool finished_ = false;
};

void cross_thread(benchmark::State& state) {
    repeat(state, [&state] {
        const auto way = std::make_unique<handover>();
        const double begun = process_cpu_seconds();
        std::thread taker([&] {
            const instructions_of_thread counted;
            way->free_all();
        });
        batch_of_blocks batch;
        for (std::size_t n = 0; n < round_batches; ++n) {
            for (void*& p : batch) {
                p = take(64);
            }
            way->put(batch);
        }
        way->finish();
        taker.join();
        state.SetIterationTime(process_cpu_seconds() - begun);
    });
    set_operations(state, round_batches * batch_blocks);
}
BENCHMARK(cross_thread)->UseManualTime()->Apply(in_micro_suite);

void threads(benchmark::State& state) {
    constexpr std::size_t all_operations = std::size_t{1} << 20;
    constexpr std::size_t set_blocks = 512;
    const auto count = static_cast<std::size_t>(state.range(0));
    const std::size_t each = all_operations / count;
    const auto sizes = log_uniform(4096, 16, 1024);
    std::barrier gate(static_cast<std::ptrdiff_t>(count) + 1);
    bool ended = false;
    const auto work = [&](std::size_t id) {
        std::vector<void*> set(set_blocks);
        quick_random random(id);
        for (void*& p : set) {
            p = take(sizes[random() % sizes.size()]);
        }
        for (;;) {
            gate.arrive_and_wait();
            if (ended) {
                break;
            }
            {
                const instructions_of_thread counted;
                for (std::size_t n = 0; n < each; ++n) {
                    void*& p = set[random() % set_blocks];
                    std::free(p);
                    p = take(sizes[(id + n) % sizes.size()]);
                }
            }
            gate.arrive_and_wait();
        }
        for (void* const p : set) {
            std::free(p);
        }
    };
    std::vector<std::thread> all;
    for (std::size_t id = 0; id < count; ++id) {
        all.emplace_back(work, id);
    }
    const double cores = static_cast<double>(
        std::min<std::size_t>(count, std::max(1u, std::thread::hardware_concurrency())));
    repeat(state, [&] {
        const auto begun = std::chrono::steady_clock::now();
        gate.arrive_and_wait();
        gate.arrive_and_wait();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        state.SetIterationTime(took.count() * cores);
    });
    ended = true;
    gate.arrive_and_wait();
    for (std::thread& t : all) {
        t.join();
    }
    set_operations(state, static_cast<double>(each * count));
}
BENCHMARK(threads)->RangeMultiplier(4)->Range(1, 256)->Arg(2)->UseManualTime()->Apply(
    in_micro_suite);

} // namespace
} // namespace ebb::bench
