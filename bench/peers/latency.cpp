#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>

#include <algorithm>
#include <cmath>

namespace ebb::bench::peers {
namespace {

// Of a million operations, p50 is the 500,000th in order, the slowest the last.
class percentiles {
  public:
    explicit percentiles(suite::outside_table<std::uint32_t>& laps) : laps_(laps) {
        std::sort(&laps_[0], &laps_[0] + laps_.size());
    }
    [[nodiscard]] double at(double part) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(part * static_cast<double>(laps_.size())));
        return static_cast<double>(laps_[std::max<std::size_t>(rank, 1) - 1]);
    }

  private:
    suite::outside_table<std::uint32_t>& laps_;
};

} // namespace

template <class Key>
void run_latency(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto victims = s.keys(true);
    suite::outside_table<std::uint32_t> laps(s.count);
    const auto map = s.make();
    {
        stopwatch watch(&laps[0]);
        expect(map->insert_timed(keys, watch) == s.count, "an insert failed");
        percentiles of(laps);
        print_figure("p50", of.at(0.5));
        print_figure("p99", of.at(0.99));
        print_figure("p999", of.at(0.999));
        print_figure("most", of.at(1));
    }
    stopwatch watch(&laps[0]);
    expect(map->erase_timed(victims, watch) == s.count, "an erase failed");
    percentiles of(laps);
    print_figure("erase-p50", of.at(0.5));
    print_figure("erase-p99", of.at(0.99));
    print_figure("erase-most", of.at(1));
}

template void run_latency(const scenario<std::int64_t>&);
template void run_latency(const scenario<std::string>&);

} // namespace ebb::bench::peers
