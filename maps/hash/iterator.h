// hash_iterator: goes through a table's segments, and through each one's slots or array.
//
// With EBB_CHECK_ITERATORS it knows the table's version: a use after an insert or erase that ended
// it stops the program (checks.h).
#pragma once

#include <ebb/alloc/base/check.h>
#include <ebb/maps/hash/table.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

namespace ebb::detail {
EBB_MAPS_BEGIN

/// A forward iterator. Copying and comparing are always allowed; using one that was ended by an
/// insert or erase is not. An array is walked from its end: the last element, which a removal moves
/// into the hole, has been seen.
template <class Table, bool Const>
class hash_iterator {
    using layout = typename Table::layout;
    using segment = typename Table::segment;
    using element = typename Table::element;
    using position = typename Table::position;
    using stored = typename Table::value_type;

  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = stored;
    using difference_type = std::ptrdiff_t;
    using reference = std::conditional_t<Const, const stored&, stored&>;
    using pointer = std::conditional_t<Const, const stored*, stored*>;

    hash_iterator() = default;
    template <bool Other> // NOLINTNEXTLINE(google-explicit-constructor): as every iterator's
    requires(Const && !Other) hash_iterator(const hash_iterator<Table, Other>& other)
    noexcept
        : table_(other.table_), at_(other.at_), number_(other.number_), g_(other.g_),
          rest_(other.rest_) {
#if EBB_CHECK_ITERATORS
        version_ = other.version_;
#endif
    }

    [[nodiscard]] reference operator*() const noexcept {
        check();
        return Table::elements::value(*at_);
    }
    [[nodiscard]] pointer operator->() const noexcept {
        return std::addressof(**this);
    }

    hash_iterator& operator++() noexcept {
        check();
        segment& s = table_->segment_at(number_);
        if constexpr (layout::has_array) {
            if (rest_ != 0) {
                if ((rest_ & layout::mask) != 0) {
                    --rest_;
                    --at_;
                } else {
                    rest_ = layout::before(rest_);
                    at_ = layout::at(s, rest_);
                }
                return *this;
            }
        } else {
            if (rest_ == unknown) {
                rest_ = s.groups[g_].full_slots() & (~std::uint32_t{1} << slot());
            }
            while (rest_ == 0 && ++g_ < s.group_count) {
                rest_ = s.groups[g_].full_slots();
            }
            if (rest_ != 0) {
                step(s);
                return *this;
            }
        }
        number_ = table_->next_segment(number_);
        settle();
        return *this;
    }
    hash_iterator operator++(int) noexcept {
        hash_iterator before = *this;
        ++*this;
        return before;
    }

    template <bool Other>
    [[nodiscard]] bool operator==(const hash_iterator<Table, Other>& other) const noexcept {
        return at_ == other.at_;
    }

  private:
    template <class, class, class, class>
    friend class hash_lookup;
    template <class, class, class, class>
    friend class hash_container;
    template <class, bool>
    friend class hash_iterator;

    hash_iterator(const Table& table, const position& p) noexcept
        : table_(const_cast<Table*>(&table)), at_(p.at), g_(p.g) {
        if (p.at != nullptr) {
            number_ = table.number_of(*p.in);
            if constexpr (layout::has_array) {
                rest_ = layout::number(*p.in, p.g, p.i);
            }
        }
        renew();
    }
    static hash_iterator first(const Table& table) noexcept {
        hash_iterator it;
        it.table_ = const_cast<Table*>(&table);
        it.number_ = 0;
        it.renew();
        if (table.size() != 0) {
            it.settle();
        }
        return it;
    }

    // The first element of segment number_ or of one after it.
    void settle() noexcept {
        for (; number_ != Table::none; number_ = table_->next_segment(number_)) {
            segment& s = table_->segment_at(number_);
            if (s.count == 0) {
                continue;
            }
            if constexpr (layout::has_array) {
                rest_ = layout::nth(s.count - 1);
                at_ = layout::at(s, rest_);
            } else {
                for (g_ = 0; (rest_ = s.groups[g_].full_slots()) == 0; ++g_) {
                }
                step(s);
            }
            return;
        }
        at_ = nullptr;
    }

    // To the next element of its group. Requires: there is one.
    void step(const segment& s) noexcept {
        at_ = layout::element(s, g_, static_cast<std::uint32_t>(std::countr_zero(rest_)));
        rest_ &= rest_ - 1;
    }
    [[nodiscard]] std::uint32_t slot() const noexcept {
        return static_cast<std::uint32_t>(at_ -
                                          layout::element(table_->segment_at(number_), g_, 0));
    }

    // Its place in the table.
    [[nodiscard]] position where() const noexcept {
        check();
        segment& s = table_->segment_at(number_);
        if constexpr (layout::has_array) {
            return table_->position_of(s, rest_);
        } else {
            return {&s, g_, slot(), at_};
        }
    }

    // The slot of its group, or nothing: what place() needs after its chunk may have moved.
    [[nodiscard]] std::uint32_t slot_or_none() const noexcept {
        if constexpr (layout::has_array) {
            return 0;
        } else {
            return at_ == nullptr ? 0 : slot();
        }
    }
    void place(std::uint32_t slot) noexcept {
        if (at_ == nullptr) {
            return;
        }
        const segment& s = table_->segment_at(number_);
        if constexpr (layout::has_array) {
            at_ = layout::at(s, rest_);
        } else {
            at_ = layout::element(s, g_, slot);
        }
    }

    void check() const noexcept {
#if EBB_CHECK_ITERATORS
        EBB_CHECK_AT(at_ != nullptr, "hash_map: an iterator at the end is used", this);
        EBB_CHECK_AT(version_ == table_->version(),
                     "hash_map: an iterator is used that an insert or erase has ended", this);
#endif
    }
    void renew() noexcept {
#if EBB_CHECK_ITERATORS
        version_ = table_->version();
#endif
    }

    static constexpr std::uint32_t unknown = ~std::uint32_t{0};

    Table* table_ = nullptr;
    element* at_ = nullptr; // null at the end
    std::size_t number_ = 0;
    std::uint32_t g_ = 0;
    // Full slots of its group that are still to come; in an array the element's number.
    std::uint32_t rest_ = unknown;
#if EBB_CHECK_ITERATORS
    std::uint64_t version_ = 0;
#endif
};

EBB_MAPS_END
} // namespace ebb::detail
