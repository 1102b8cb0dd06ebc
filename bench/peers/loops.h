// The loops over one peer's table.
#pragma once

#include <ebb/bench/peers/keys.h>
#include <ebb/bench/peers/measured_map.h>

#include <type_traits>

namespace ebb::bench::peers {

/// `Table` is what peer.h asks of an adapter.
template <class Key, class Value, class Table>
class loops final : public measured_map<Key> {
  public:
    using typename measured_map<Key>::keys;

    loops() = default;
    explicit loops(const Table& from) : table_(from) {}

    std::size_t insert(keys all) override {
        std::size_t added = 0;
        Value v{};
        for (const Key& k : all) {
            v.head = head_of(k);
            added += table_.insert(k, v) ? 1 : 0;
        }
        return added;
    }

    std::size_t insert_timed(keys all, stopwatch& watch) override {
        std::size_t added = 0;
        Value v{};
        for (const Key& k : all) {
            v.head = head_of(k);
            added += table_.insert(k, v) ? 1 : 0;
            watch.lap();
        }
        return added;
    }

    std::size_t erase(keys all) override {
        std::size_t gone = 0;
        for (const Key& k : all) {
            gone += table_.erase(k) ? 1 : 0;
        }
        return gone;
    }

    std::size_t erase_timed(keys all, stopwatch& watch) override {
        std::size_t gone = 0;
        for (const Key& k : all) {
            gone += table_.erase(k) ? 1 : 0;
            watch.lap();
        }
        return gone;
    }

    [[nodiscard]] sight find(keys all) const override {
        sight s;
        for (const Key& k : all) {
            if (const Value* const v = table_.find(k)) {
                ++s.count;
                s.sum += v->head;
            }
        }
        return s;
    }

    [[nodiscard]] sight find_in_turn(keys all) const override {
        sight s;
        std::size_t step = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Key& k = all[i + step];
            if (const Value* const v = table_.find(k)) {
                ++s.count;
                s.sum += v->head;
                // 0, but only the value tells, and only a wrong one's next key lies elsewhere.
                step = i + 2 < all.size() ? (v->head ^ head_of(k)) & 1 : 0;
            }
        }
        return s;
    }

    [[nodiscard]] sight iterate() const override {
        sight s;
        table_.each([&s](const Key&, const Value& v) {
            ++s.count;
            s.sum += v.head;
        });
        return s;
    }

    void clear() override { table_.clear(); }

    bool reserve(std::size_t n) override {
        if constexpr (requires { table_.reserve(n); }) {
            table_.reserve(n);
            return true;
        } else {
            return false;
        }
    }
    [[nodiscard]] std::size_t size() const override { return table_.size(); }

    [[nodiscard]] std::unique_ptr<measured_map<Key>> copy() const override {
        if constexpr (std::is_copy_constructible_v<Table>) {
            return std::make_unique<loops>(table_);
        } else {
            return nullptr;
        }
    }

  private:
    Table table_;
};

} // namespace ebb::bench::peers
