// The arenas beside what the standard and the system offer: bump against monotonic_buffer_resource,
// pool and sized against unsynchronized_pool_resource and malloc. Ours count every byte meanwhile.
//
//     bench_arenas --benchmark_enable_random_interleaving=true
//                  --benchmark_repetitions=5 --benchmark_report_aggregates_only
//
// pairs: a block is allocated, written and deallocated.
// batches: 1,000 blocks are allocated and written, then deallocated, oldest first.
// random: among 4,096 live blocks a random one is replaced.
// A time is per block (allocate and deallocate). Per row: the bytes that each live block takes from
// below, and for ours the ledger's terms at that moment. The standard's resources tell what they
// take from below, malloc doesn't.
#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/bench/suites/counters.h>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

// benchmark::DoNotOptimize sends the pointer through memory, which would hide what is faster than
// that; this only keeps the compiler from knowing what is
// behind it.
template <class T>
void launder(T*& p) {
    asm volatile("" : "+r"(p) : : "memory");
}

// new_delete_resource, counted: where the standard's own resources take from by default.
class counted_new final : public std::pmr::memory_resource {
  public:
    std::uint64_t outstanding_bytes = 0;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const p = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        outstanding_bytes += bytes;
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        outstanding_bytes -= bytes;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// A subject allocates, deallocates, and after `round_blocks` blocks may start anew.
template <class Arena>
struct ours {
    template <class... Args>
    explicit ours(std::size_t, Args... args) : arena(args...) {}
    void* allocate(std::size_t bytes) { return arena.allocate(bytes, 8); }
    void deallocate(void* p, std::size_t bytes) { arena.deallocate(p, bytes, 8); }
    static constexpr bool grows = false;
    void end_round() {}
    [[nodiscard]] std::optional<std::uint64_t> mapped() const { return arena.read().mapped; }
    [[nodiscard]] std::optional<ebb::ledger> ledger() const { return arena.read(); }
    Arena arena;
};

struct sized_subject : ours<ebb::sized> {
    using ours::ours;
};
struct bump_subject : ours<ebb::bump> {
    using ours::ours;
    static constexpr bool grows = true;
    void end_round() { arena.reset(); }
};
struct pool_subject : ours<ebb::pool> {
    explicit pool_subject(std::size_t bytes) : ours(bytes, bytes) {}
};

// The standard's, through the memory_resource pointer that std::pmr's allocator and containers hold
// (`launder` keeps the compiler from looking behind it), as ours are called the way arena_allocator
// calls them.
template <class Resource>
struct standard {
    explicit standard(std::size_t) { launder(face); }
    void* allocate(std::size_t bytes) { return face->allocate(bytes, 8); }
    void deallocate(void* p, std::size_t bytes) { face->deallocate(p, bytes, 8); }
    static constexpr bool grows = false;
    void end_round() {}
    [[nodiscard]] std::optional<std::uint64_t> mapped() const { return below.outstanding_bytes; }
    [[nodiscard]] static std::optional<ebb::ledger> ledger() { return {}; }
    counted_new below;
    Resource resource{&below};
    std::pmr::memory_resource* face = &resource;
};

struct unsynchronized_pool_subject : standard<std::pmr::unsynchronized_pool_resource> {
    using standard::standard;
};
struct monotonic_subject : standard<std::pmr::monotonic_buffer_resource> {
    using standard::standard;
    static constexpr bool grows = true;
    void end_round() { resource.release(); }
};
struct malloc_subject {
    explicit malloc_subject(std::size_t) {}
    static void* allocate(std::size_t bytes) { return std::malloc(bytes); }
    static void deallocate(void* p, std::size_t) { std::free(p); }
    static constexpr bool grows = false;
    static void end_round() {}
    [[nodiscard]] static std::optional<std::uint64_t> mapped() { return {}; }
    [[nodiscard]] static std::optional<ebb::ledger> ledger() { return {}; }
};

constexpr std::size_t batch_blocks = 1000;
constexpr std::size_t live_blocks = 4096;
constexpr std::size_t warm_up_rounds = 4; // every subject's, so that what is measured is steady

void write(void* p) {
    *static_cast<volatile std::uint64_t*>(p) = 1;
}

template <class Subject>
void report(benchmark::State& state, const Subject& subject, std::size_t blocks) {
    const auto per_block = static_cast<double>(blocks);
    if (const auto mapped = subject.mapped()) {
        state.counters["bytes_per_entry"] = static_cast<double>(*mapped) / per_block;
    }
    if (const auto l = subject.ledger()) {
        ebb::bench::set_terms(state, *l);
    }
}

template <class Subject>
void pairs(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    Subject subject(bytes);
    while (state.KeepRunningBatch(batch_blocks)) {
        for (std::size_t i = 0; i < batch_blocks; ++i) {
            void* p = subject.allocate(bytes);
            launder(p);
            write(p);
            subject.deallocate(p, bytes);
        }
        subject.end_round();
    }
    void* const p = subject.allocate(bytes);
    report(state, subject, 1);
    subject.deallocate(p, bytes);
}

template <class Subject>
void batches(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    Subject subject(bytes);
    std::array<void*, batch_blocks> blocks{};
    const auto batch = [&] {
        for (void*& p : blocks) {
            p = subject.allocate(bytes);
            write(p);
        }
        benchmark::DoNotOptimize(blocks);
        for (void* const p : blocks) {
            subject.deallocate(p, bytes);
        }
        subject.end_round();
    };
    for (std::size_t round = 0; round < warm_up_rounds; ++round) {
        batch();
    }
    while (state.KeepRunningBatch(batch_blocks)) {
        batch();
    }
    for (void*& p : blocks) {
        p = subject.allocate(bytes);
    }
    report(state, subject, batch_blocks);
    for (void* const p : blocks) {
        subject.deallocate(p, bytes);
    }
}

template <class Subject>
void random(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    Subject subject(bytes);
    static const auto picks = [] {
        std::vector<std::uint16_t> v(std::size_t{1} << 13U);
        std::mt19937 random(1);
        for (auto& pick : v) {
            pick = static_cast<std::uint16_t>(random() % live_blocks);
        }
        return v;
    }();
    std::vector<void*> blocks(live_blocks);
    const auto fill = [&] {
        for (void*& p : blocks) {
            p = subject.allocate(bytes);
            write(p);
        }
    };
    const auto drain = [&] {
        for (void* const p : blocks) {
            subject.deallocate(p, bytes);
        }
        subject.end_round();
    };
    fill();
    std::size_t at = 0;
    const auto replace = [&] {
        void*& p = blocks[picks[at]];
        subject.deallocate(p, bytes);
        p = subject.allocate(bytes);
        write(p);
        at = (at + 1) % picks.size();
        // What only grows starts anew after every 8,192 blocks; the others never drain.
        if (Subject::grows && at == 0) {
            drain();
            fill();
        }
    };
    for (std::size_t i = 0; i < warm_up_rounds * picks.size(); ++i) {
        replace();
    }
    while (state.KeepRunningBatch(batch_blocks)) {
        for (std::size_t i = 0; i < batch_blocks; ++i) {
            replace();
        }
    }
    report(state, subject, live_blocks);
    drain();
}

template <class Subject>
void add(const std::string& name) {
    for (const auto& [load, run] : {std::pair{"pairs/", &pairs<Subject>},
                                    {"batches/", &batches<Subject>},
                                    {"random/", &random<Subject>}}) {
        benchmark::RegisterBenchmark((load + name).c_str(), run)
            ->RangeMultiplier(2)
            ->Range(8, 4096);
    }
}

} // namespace

int main(int argc, char** argv) {
    add<bump_subject>("bump");
    add<monotonic_subject>("monotonic_buffer");
    add<pool_subject>("pool");
    add<sized_subject>("sized");
    add<unsynchronized_pool_subject>("unsynchronized_pool");
    add<malloc_subject>("malloc");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
