#include <ebb/alloc/ledger/ebb.h>
#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/process/figure.h>

#include <dlfcn.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ebb::bench::suite {

void run_start() {
    print_figure("resident", resident());
}

void run_after_peak(std::uint32_t count, sizes of) {
    outside_table<char*> blocks(count);
    random_numbers random(1);
    const double before = resident();
    load_counter counted;
    counted.go_on();
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t bytes = random.size(of);
        blocks[i] = static_cast<char*>(must_take(bytes));
        std::memset(blocks[i], 1, bytes);
    }
    counted.pause();
    print_figure("full", resident() - before);
    shuffle(blocks, random);
    counted.go_on();
    const double begun = cpu_seconds();
    for (std::size_t i = 0; i < count / 100 * 99; ++i) {
        std::free(blocks[i]);
    }
    const double freed = cpu_seconds();
    counted.pause();
    print_figure("free", freed - begun);
    print_figure("at-once", resident() - before);
    counted.go_on();
    idle_second();
    counted.pause();
    print_figure("idle", resident() - before);
    counted.print();
}

void run_after_large() {
    constexpr std::size_t bytes = std::size_t{64} << 20;
    const double before = resident();
    load_counter counted;
    counted.go_on();
    void* volatile block = must_take(bytes);
    std::memset(block, 1, bytes);
    std::free(block);
    idle_second();
    counted.pause();
    print_figure("idle", resident() - before);
    counted.print();
}

namespace {

using ledger_function = decltype(&ebb_heap_ledger);

// One thread's part of the trace: what it leaves live goes to the sum, and its blocks to the next.
struct part {
    std::uint64_t seed = 0;
    std::int64_t live = 0;
    std::array<char*, 4096> blocks{};
    std::array<std::uint32_t, 4096> bytes{};
};

void* run_part(void* argument) {
    auto& own = *static_cast<part*>(argument);
    random_numbers random(own.seed);
    for (std::size_t n = 0; n < 200'000; ++n) {
        const std::size_t i = random.below(own.blocks.size());
        std::free(own.blocks[i]);
        own.live -= own.bytes[i];
        own.bytes[i] = random.size({1, 100'000});
        own.blocks[i] = static_cast<char*>(must_take(own.bytes[i]));
        own.live += own.bytes[i];
    }
    return nullptr;
}

std::int64_t requested_by(ledger_function read) {
    ebb_ledger ledger;
    if (read(&ledger, sizeof ledger) != 0) {
        std::fputs("bench_malloc_cell: ebb_heap_ledger refuses\n", stderr);
        std::_Exit(1);
    }
    return static_cast<std::int64_t>(ledger.requested);
}

} // namespace

void run_exactness() {
    const auto read = reinterpret_cast<ledger_function>(::dlsym(RTLD_DEFAULT, "ebb_heap_ledger"));
    if (read == nullptr) {
        return;
    }
    outside_table<part> parts(4);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].seed = i + 1;
    }
    // Warmed up: what a first thread makes libc allocate for good isn't the trace's.
    const auto run_all = [&] {
        std::array<pthread_t, 4> threads{};
        for (std::size_t i = 0; i < threads.size(); ++i) {
            if (::pthread_create(&threads[i], nullptr, &run_part, &parts[i]) != 0) {
                std::fputs("bench_malloc_cell: no thread\n", stderr);
                std::_Exit(1);
            }
        }
        for (const pthread_t thread : threads) {
            ::pthread_join(thread, nullptr);
        }
    };
    const auto live = [&] {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            sum += parts[i].live;
        }
        return sum;
    };
    run_all();
    const std::int64_t before = requested_by(read) - live();
    // Every thread now frees what another one took.
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        std::swap(parts[i], parts[i + 1]);
        parts[i].seed = i + 10;
    }
    run_all();
    const std::int64_t after = requested_by(read) - live();
    print_figure("error", static_cast<double>(std::abs(after - before)));
}

} // namespace ebb::bench::suite
