// evacuation: moves the chain of one old bucket into the new array, whole or not at all.
//
// A chain goes to one new bucket (same-size growth) or to two, by one bit of the hash, and nothing
// else has reached these yet: so an exception on the way (a throwing copy or hash, no memory for an
// overflow bucket) is undone by emptying the destinations.
// Cost: a hash an element when the array doubles, none at the same size.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/go/table.h>

#include <cstddef>
#include <cstdint>

namespace ebb::detail {

template <class Table>
class go_evacuation {
    using layout = typename Table::layout;
    using keys = typename Table::keys;
    using values = typename Table::values;
    using position = typename Table::position;

  public:
    /// Of old bucket `index`, which has not moved.
    go_evacuation(Table& table, std::uint64_t index) noexcept
        : table_(table), main_(table.old_bucket(index)), high_bit_(table.old_mask() + 1),
          doubles_(table.new_mask() != table.old_mask()), mark_(table.overflow_mark()) {
        low_main_ = table.bucket(index);
        high_main_ = doubles_ ? table.bucket(index + high_bit_) : low_main_;
    }

    /// Moves the chain. `tracked`, where it names one of its slots, then names the new one.
    /// Throws what hash, copies and the arena throw; the chain is then where it was.
    template <class HashOf>
    void run(const HashOf& hash_of, position& tracked) {
        position ends[2] = {{low_main_, 0}, {high_main_, 0}};
        position found;
        std::uint64_t elements = 0;
        EBB_TRY {
            for (std::byte* b = main_; b != nullptr; b = layout::next(b)) {
                const tag_word tags(b);
                for (slot_set full = tags.full(); full.any(); full.drop_first()) {
                    const unsigned slot = full.first();
                    const bool high = doubles_ && (hash_of(layout::key(b, slot)) & high_bit_) != 0;
                    position& to = ends[high ? 1 : 0];
                    if (to.slot == go_slots) {
                        to = {table_.add_overflow(to.bucket), 0};
                    }
                    transfer({b, slot}, to);
                    if (b == tracked.bucket && slot == tracked.slot) [[unlikely]] {
                        found = to;
                    }
                    layout::set_tag(to.bucket, to.slot, layout::tag(b, slot));
                    layout::set_tag(b, slot, high ? go_moved_high : go_moved_low);
                    ++to.slot;
                    ++elements;
                }
                if (tags.ends_chain()) {
                    break;
                }
            }
        }
        EBB_CATCH(...) {
            roll_back();
            EBB_RETHROW;
        }
        end_sources();
        layout::set_tag(main_, 0, go_moved);
        table_.release_moved_chain(main_, elements);
        if (found) {
            tracked = found;
        }
    }

  private:
    void transfer(position from, position to) {
        std::byte* const key_from = layout::key_at(from.bucket, from.slot);
        std::byte* const key_to = layout::key_at(to.bucket, to.slot);
        std::byte* const value_from = layout::value_at(from.bucket, from.slot);
        std::byte* const value_to = layout::value_at(to.bucket, to.slot);
        keys::transfer(key_from, key_to);
        if constexpr (values::leaves_source) {
            EBB_TRY {
                values::transfer(value_from, value_to);
            }
            EBB_CATCH(...) {
                keys::retract(key_to, key_from);
                EBB_RETHROW;
            }
        } else {
            values::transfer(value_from, value_to);
        }
    }

    // What a transfer that can throw has left behind.
    void end_sources() noexcept {
        if constexpr (keys::leaves_source || values::leaves_source) {
            for_each_moved([this](position from, std::uint8_t) {
                if constexpr (keys::leaves_source) {
                    keys::end(table_.from(), layout::key_at(from.bucket, from.slot));
                }
                if constexpr (values::leaves_source) {
                    values::end(table_.from(), layout::value_at(from.bucket, from.slot));
                }
            });
        }
    }

    // Walks the slots in the order in which they were filled, so each finds its element again.
    void roll_back() noexcept {
        position ends[2] = {{low_main_, 0}, {high_main_, 0}};
        for_each_moved([&ends](position from, std::uint8_t tag) {
            position& to = ends[tag == go_moved_high ? 1 : 0];
            if (to.slot == go_slots) {
                to = {layout::next(to.bucket), 0};
            }
            keys::retract(layout::key_at(to.bucket, to.slot),
                          layout::key_at(from.bucket, from.slot));
            values::retract(layout::value_at(to.bucket, to.slot),
                            layout::value_at(from.bucket, from.slot));
            layout::set_tag(from.bucket, from.slot, layout::tag(to.bucket, to.slot));
            ++to.slot;
        });
        for (std::byte* const main : {low_main_, high_main_}) {
            table_.drop_overflow(main, mark_);
            layout::make_empty(main);
        }
    }

    template <class Visit>
    void for_each_moved(const Visit& visit) noexcept {
        for (std::byte* b = main_; b != nullptr; b = layout::next(b)) {
            for (unsigned slot = 0; slot < go_slots; ++slot) {
                const std::uint8_t tag = layout::tag(b, slot);
                if (tag == go_moved_low || tag == go_moved_high) {
                    visit({b, slot}, tag);
                }
            }
        }
    }

    Table& table_;
    std::byte* main_;
    std::uint64_t high_bit_;
    bool doubles_;
    typename Table::mark mark_;
    std::byte* low_main_;
    std::byte* high_main_;
};

/// As Go before each insert and each delete while growing: moves the chain that the hash concerns,
/// and the next one in order. `tracked` as in `go_evacuation::run`.
/// Throws what that throws; each chain has then moved or not.
template <class Table, class HashOf>
void go_advance(Table& table, std::uint64_t hash, const HashOf& hash_of,
                typename Table::position& tracked) {
    using layout = typename Table::layout;
    constexpr std::uint64_t longest_skip = 1024; // of buckets moved out of order, a step
    go_header& h = table.header();
    const auto move = [&](std::uint64_t index) {
        if (!layout::moved(table.old_bucket(index))) {
            go_evacuation<Table>(table, index).run(hash_of, tracked);
        }
        if (index == h.moved) {
            const std::uint64_t count = table.old_mask() + 1;
            const std::uint64_t stop = std::min(h.moved + 1 + longest_skip, count);
            do {
                ++h.moved;
            } while (h.moved != stop && layout::moved(table.old_bucket(h.moved)));
            if (h.moved == count) {
                table.finish_growth();
            }
        }
    };
    move(hash & table.old_mask());
    if (table.growing()) {
        move(h.moved);
    }
}

} // namespace ebb::detail
