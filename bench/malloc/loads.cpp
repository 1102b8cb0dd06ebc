// Loads that grow and shrink: saw-teeth, in a row or on a clock's beat, and one growth.
#include <ebb/bench/malloc/scenario_tools.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ebb::bench::suite {
namespace {

constexpr sizes block_sizes{16, 4096};
// The mean of log-uniform sizes between these two is 736 bytes; twice as many blocks as that needs.
constexpr std::size_t bytes_a_place = 368;

struct block {
    char* at;
    std::uint32_t bytes;
};

// A heap that is filled to a number of live bytes and emptied to another.
class breathing_heap {
  public:
    explicit breathing_heap(std::size_t top) : top_(top), blocks_(top / bytes_a_place) {}

    void fill() {
        while (live_ < top_) {
            const std::uint32_t bytes = random_.size(block_sizes);
            auto* const p = static_cast<char*>(must_take(bytes));
            std::memset(p, 1, bytes);
            blocks_[count_++] = {p, bytes};
            live_ += bytes;
        }
    }
    void empty_to(std::size_t bottom) {
        while (live_ > bottom) {
            block& gone = blocks_[random_.below(count_)];
            std::free(gone.at);
            live_ -= gone.bytes;
            gone = blocks_[--count_];
        }
    }

  private:
    std::size_t top_;
    outside_table<block> blocks_;
    std::size_t count_ = 0;
    std::size_t live_ = 0;
    random_numbers random_{1};
};

double wall_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void sleep_until(double seconds) {
    timespec then{};
    then.tv_sec = static_cast<time_t>(seconds);
    then.tv_nsec = static_cast<long>((seconds - static_cast<double>(then.tv_sec)) * 1e9);
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, nullptr) == EINTR) {
    }
}

// Looks at resident memory while a load runs. A look costs a millisecond of CPU by itself, in
// procfs: what it does isn't counted, and its CPU time is taken out of the load's.
class onlooker {
  public:
    onlooker() {
        counted_.go_on();
        begun_ = cpu_seconds();
    }

    /// Bytes above what there were at the beginning; printed as a figure of that name if there is
    /// one.
    double look(const char* figure = nullptr) {
        const double from = cpu_seconds();
        counted_.pause();
        const double now = resident() - before_;
        if (figure != nullptr) {
            print_figure(figure, now);
        }
        counted_.go_on();
        most_ = std::max(most_, now);
        looking_ += cpu_seconds() - from;
        return now;
    }
    /// The load is over: its figures, `mean` among them.
    void print(double mean) {
        counted_.pause();
        print_figure("cpu", cpu_seconds() - begun_ - looking_);
        print_figure("mean", mean);
        print_figure("most", most_);
        counted_.print();
    }

  private:
    double before_ = resident();
    double most_ = 0;
    double looking_ = 0;
    load_counter counted_;
    double begun_ = 0;
};

} // namespace

void run_saw_tooth(std::uint32_t teeth) {
    breathing_heap heap(200'000'000);
    constexpr std::size_t bottom = 10'000'000;
    double sum = 0;
    onlooker seen;
    for (std::uint32_t tooth = 0; tooth < teeth; ++tooth) {
        heap.fill();
        sum += seen.look("mean+");
        heap.empty_to(bottom);
        sum += seen.look("mean+");
    }
    seen.print(sum / (2.0 * teeth));
}

void run_teeth(std::uint32_t teeth, std::uint32_t period_ms) {
    breathing_heap heap(100'000'000);
    constexpr std::size_t bottom = 10'000'000;
    const double period = period_ms * 1e-3;
    // Often enough to see memory go while the process sleeps.
    const double look_every = std::max(period / 50, 0.02);
    double area = 0; // resident bytes times seconds
    onlooker seen;
    const double begun = wall_seconds();
    double last_time = begun;
    double last_bytes = 0;
    const auto look = [&] {
        const double now = seen.look();
        const double time = wall_seconds();
        area += (now + last_bytes) / 2 * (time - last_time);
        last_time = time;
        last_bytes = now;
    };
    for (std::uint32_t tooth = 0; tooth < teeth; ++tooth) {
        heap.fill();
        look();
        heap.empty_to(bottom);
        look();
        const double next = begun + period * (tooth + 1);
        for (;;) {
            const double now = wall_seconds();
            if (now >= next) {
                break;
            }
            sleep_until(std::min(next, now + look_every));
            look();
        }
    }
    seen.print(area / (last_time - begun));
}

void run_growth(std::uint32_t megabytes) {
    const std::size_t top = std::size_t{megabytes} * 1'000'000;
    // Sizes are drawn before: the logarithm and the power would count as the malloc's instructions.
    constexpr std::size_t drawn = std::size_t{1} << 18;
    outside_table<std::uint32_t> all(drawn);
    random_numbers random(1);
    for (std::size_t i = 0; i < drawn; ++i) {
        all[i] = random.size(block_sizes);
    }
    const double before = resident();
    load_counter counted;
    counted.go_on();
    const double begun = cpu_seconds();
    std::size_t count = 0;
    for (std::size_t live = 0; live < top; ++count) {
        const std::uint32_t bytes = all[count % drawn];
        auto* const p = static_cast<volatile char*>(must_take(bytes));
        // Blocks are at most a page long: their ends lie on all of their pages.
        p[0] = 1;
        p[bytes - 1] = 1;
        live += bytes;
    }
    const double ended = cpu_seconds();
    counted.pause();
    print_figure("cpu", ended - begun);
    print_figure("most", resident() - before);
    print_figure("operations", static_cast<double>(count));
    counted.print();
}

} // namespace ebb::bench::suite
