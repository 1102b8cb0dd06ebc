#include <ebb/bench/spike/scenario.h>
#include <ebb/maps/hash_map.h>

namespace ebb::bench {
namespace {

// Each map has pages of its own; what it holds is its footprint.
template <std::size_t Bytes>
struct own_pages {
    static constexpr std::size_t value_bytes = Bytes;
    template <class Map>
    Map make() {
        return {};
    }
    template <class Map>
    std::uint64_t live(const Map& a, const Map& b) const {
        return a.footprint().total() + b.footprint().total();
    }
    std::optional<std::uint64_t> dead() const { return std::nullopt; }
};

} // namespace

void run_spike_on_pages(const spike_cell& c, const spike_sink& sink) {
    with_value_bytes(c.load.value_bytes, [&]<class N>(N) {
        using map = hash_map<std::int64_t, std::array<std::byte, N::value>>;
        spike_scenario<own_pages<N::value>, map, false>(c, sink).run();
    });
}

} // namespace ebb::bench
