// All that the engine does, at once: threads that allocate, free, resize and hand blocks on,
// threads that start and end, sweeps, snapshots, forks and misuse. At every quiet point the ledger
// is compared with what the threads counted themselves, and the whole heap is walked.
//
// Linked to ebb_engine_noisy it meets races that need a thread to stop at a bad place (os/noise.h);
// linked to ebb_engine it is the thread sanitizer's.
//
//     stress [--seconds N] [--seed N] [--threads N]
//
// Exit: 0 all promises kept, 2 usage. A broken promise is written to standard error with the seed,
// and the program aborts.
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/os/noise.h>

#include <execinfo.h>
#include <getopt.h>
#include <tests/alloc/engine/stress/actors.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace stress; // NOLINT: a test's own file

struct options {
    std::uint64_t seconds = 20;
    std::uint64_t seed = 0;
    std::uint64_t threads = 4;
};

constexpr const char* usage = "usage: stress [--seconds N] [--seed N] [--threads 1..64]\n";

// False, after a line that says why, where `text` is no number within the bounds.
bool read_number(std::string_view name, std::string_view text, std::uint64_t least,
                 std::uint64_t most, std::uint64_t& to) {
    const auto end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, to);
    if (error == std::errc{} && at == end && to >= least && to <= most) {
        return true;
    }
    std::fprintf(stderr, "stress: --%.*s takes a number from %llu to %llu, not %.*s\n",
                 static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(least),
                 static_cast<unsigned long long>(most), static_cast<int>(text.size()), text.data());
    return false;
}

// The exit status where the program is to end at once, or -1.
int read_options(int argc, char** argv, options& to) {
    const option known[] = {{"seconds", required_argument, nullptr, 's'},
                            {"seed", required_argument, nullptr, 'e'},
                            {"threads", required_argument, nullptr, 't'},
                            {"help", no_argument, nullptr, 'h'},
                            {}};
    to.seed = tests::new_seed();
    for (int c = 0; (c = ::getopt_long(argc, argv, "h", known, nullptr)) != -1;) {
        bool good = true;
        switch (c) {
        case 's':
            good = read_number("seconds", optarg, 1, 1'000'000, to.seconds);
            break;
        case 'e':
            good = read_number("seed", optarg, 0, UINT64_MAX, to.seed);
            break;
        case 't':
            good = read_number("threads", optarg, 1, 64, to.threads);
            break;
        case 'h':
            std::fputs(usage, stdout);
            return 0;
        default: // getopt has said what is wrong
            good = false;
        }
        if (!good) {
            std::fputs(usage, stderr);
            return 2;
        }
    }
    if (optind < argc) {
        std::fprintf(stderr, "stress: %s: no argument is taken\n%s", argv[optind], usage);
        return 2;
    }
    return -1;
}

// Operations of the workers from one quiet point to the next: about half a second of them.
constexpr std::uint64_t operations_between = tests::sanitized ? 3'000 : 30'000;

void run(const options& chosen) {
    exchange others;
    std::vector<std::function<void(const stage&)>> actors(chosen.threads, work);
    actors.insert(actors.end(), {start_threads, purge, fork_children, fork_misusers, look});
    meeting quiet_points(static_cast<std::uint32_t>(actors.size()), operations_between);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < actors.size(); ++i) {
        threads.emplace_back([&, i] {
            actors[i]({quiet_points, others, chosen.seed + 1'000'003 * i});
        });
    }
    const auto begun = std::chrono::steady_clock::now();
    std::uint64_t meetings = 0;
    for (bool last = false; !last; ++meetings) {
        last = std::chrono::steady_clock::now() - begun >= std::chrono::seconds(chosen.seconds);
        quiet_points.hold(last);
    }
    for (std::thread& t : threads) {
        t.join();
    }
    worker rest(others, chosen.seed);
    rest.take_all();
    rest.drop_all();
    quiet_points.hand_in(rest.count());
    quiet_points.judge();
    std::printf("stress: %llu operations of workers, %llu quiet points\n",
                static_cast<unsigned long long>(quiet_points.operations()),
                static_cast<unsigned long long>(meetings));
}

} // namespace

int main(int argc, char** argv) {
    options chosen;
    if (const int status = read_options(argc, argv, chosen); status >= 0) {
        return status;
    }
    std::printf("stress: EBB_SEED=%llu, %llu s, %llu workers%s\n",
                static_cast<unsigned long long>(chosen.seed),
                static_cast<unsigned long long>(chosen.seconds),
                static_cast<unsigned long long>(chosen.threads),
                ebb::os::noisy ? ", with noise" : "");
    std::fflush(stdout);
    set_seed(chosen.seed);
#if EBB_NOISE
    ebb::os::seed_noise(chosen.seed);
#endif
    // libc loads its unwinder at the first call: before there are threads, so that no fork comes
    // while the loader's lock is held.
    void* frame = nullptr;
    static_cast<void>(::backtrace(&frame, 1));
    ebb::engine::load();
    ebb::engine::purge::configure(20); // idle caches are emptied after 5 to 10 ms
    ebb::engine::companion::configure(ebb::engine::companion::mode::on);
    ebb::engine::companion::load(::pthread_create);
    run(chosen);
    return 0;
}
