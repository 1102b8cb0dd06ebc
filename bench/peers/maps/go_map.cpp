#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/bench/peers/peer.h>
#include <ebb/maps/go_map.h>

#include <functional>

namespace {

// On malloc, as the other maps: its own heap is for figures like Go's.
template <class Key, class Value>
class table {
    using map = ebb::go_map<Key, Value, ebb::hash<Key>, std::equal_to<Key>, ebb::malloc_arena>;

  public:
    bool insert(const Key& k, const Value& v) { return map_.try_emplace(k, v).second; }
    [[nodiscard]] const Value* find(const Key& k) const {
        const auto at = map_.find(k);
        return at == map_.end() ? nullptr : &(*at).second;
    }
    bool erase(const Key& k) { return map_.erase(k) != 0; }
    template <class F>
    void each(F&& f) const {
        for (auto&& [k, v] : map_) {
            f(k, v);
        }
    }
    void clear() { map_.clear(); }
    [[nodiscard]] std::size_t size() const { return map_.size(); }

  private:
    ebb::malloc_arena arena_;
    map map_{arena_};
};

} // namespace

EBB_PEER("ebb::go_map", EBB_PACKAGE_VERSION, table)
