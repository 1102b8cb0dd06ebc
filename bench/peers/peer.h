// A peer of the map suite: a program of its own, made by one file of a few lines.
//
//     #include <ebb/bench/peers/peer.h>
//     #include <some/map.h>
//
//     template <class Key, class Value>
//     using table = ebb::bench::peers::standard<some::map<Key, Value>>;
//     EBB_PEER("some::map", "1.2", table)
//
// A table that isn't `standard` is default-constructible, copy-constructible if its map is, and has
//     bool insert(const Key&, const Value&);      whether it was new
//     const Value* find(const Key&) const;        null when it isn't there
//     bool erase(const Key&);                     whether it was there
//     void each(f) const;                         f(const Key&, const Value&) for every entry
//     void clear();   std::size_t size() const;
// and, where it can, `void reserve(std::size_t)`.
// Such a file in the folder that the CMake variable EBB_EXTRA_MAPS names becomes a row of the
// suite, called as the file without .cpp; a file of that name with .cmake beside it may give the
// target ${peer} include folders and libraries. Each map comes with its own default hash.
#pragma once

#include <ebb/bench/peers/loops.h>
#include <ebb/bench/peers/run_peer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace ebb::bench::peers {

/// A table over any map with the interface of std::unordered_map.
template <class Map>
class standard {
  public:
    using key = typename Map::key_type;
    using mapped = typename Map::mapped_type;

    bool insert(const key& k, const mapped& v) {
        if constexpr (requires { map_.try_emplace(k, v); }) {
            return map_.try_emplace(k, v).second;
        } else {
            return map_.insert(typename Map::value_type(k, v)).second;
        }
    }
    [[nodiscard]] const mapped* find(const key& k) const {
        const auto at = map_.find(k);
        return at == map_.end() ? nullptr : std::addressof(at->second);
    }
    bool erase(const key& k) { return map_.erase(k) != 0; }
    template <class F>
    void each(F&& f) const {
        for (const auto& [k, v] : map_) {
            f(k, v);
        }
    }
    void clear() { map_.clear(); }
    void reserve(std::size_t n) requires requires(Map& map) { map.reserve(n); }
    { map_.reserve(n); }
    [[nodiscard]] std::size_t size() const { return map_.size(); }

  protected:
    Map map_;
};

template <template <class, class> class Table>
class peer_of final : public peer {
  public:
    [[nodiscard]] integers of_integers(std::size_t value_bytes) const override {
        return make<std::int64_t>(value_bytes);
    }
    [[nodiscard]] strings of_strings(std::size_t value_bytes) const override {
        return make<std::string>(value_bytes);
    }

  private:
    template <class Key>
    [[nodiscard]] static std::unique_ptr<measured_map<Key>> make(std::size_t value_bytes) {
        std::unique_ptr<measured_map<Key>> made;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((value_bytes == value_sizes[I] ? make<Key, value_sizes[I]>(made) : void()), ...);
        }
        (std::make_index_sequence<value_sizes.size()>());
        return made;
    }
    template <class Key, std::size_t Bytes>
    static void make(std::unique_ptr<measured_map<Key>>& made) {
        made = std::make_unique<loops<Key, value<Bytes>, Table<Key, value<Bytes>>>>();
    }
};

} // namespace ebb::bench::peers

/// The program of a peer; `table` is a template of Key and Value.
#define EBB_PEER(label, version, table)                                                            \
    int main(int argc, char** argv) {                                                              \
        return ebb::bench::peers::run_peer(argc, argv, label, version,                             \
                                           ebb::bench::peers::peer_of<table>());                   \
    }
