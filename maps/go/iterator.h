// iterator: walks the elements of a Go map: the new array, then, while it grows, the old buckets
// that have not moved. Each element lies in one of them alone.
#pragma once

#include <ebb/maps/go/layout.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// What an iterator is at: references to a key and its value. A type of its own, because C++20
/// knows nothing that a pair of references and a pair of values have in common, which ranges ask
/// for.
template <class Key, class Mapped>
struct go_reference : std::pair<const Key&, Mapped&> {
    using std::pair<const Key&, Mapped&>::pair;
};

/// Elements come as pairs of references, made on the spot. Any insert or erase invalidates it.
template <class Table, class Key, class Value, bool Const>
class go_iterator {
    using layout = typename Table::layout;

  public:
    using mapped_reference = std::conditional_t<Const, const Value&, Value&>;
    using value_type = std::pair<const Key, Value>;
    using reference = go_reference<Key, std::remove_reference_t<mapped_reference>>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    class pointer {
      public:
        explicit pointer(reference r) noexcept : r_(r) {}
        reference* operator->() noexcept { return &r_; }

      private:
        reference r_;
    };

    go_iterator() noexcept = default;
    template <bool Other>
    requires(Const && !Other) go_iterator(const go_iterator<Table, Key, Value, Other>& other)
    noexcept // as any container's
        : table_(other.table_), main_(other.main_), at_(other.at_) {}

    /// At an element that was found in the chain of `main`.
    go_iterator(const Table& table, std::byte* main, typename Table::position at) noexcept
        : table_(&table), main_(main), at_(at) {}

    /// At the first element; the default one when there is none.
    static go_iterator first(const Table& table) noexcept {
        if (table.header().count == 0) {
            return {};
        }
        go_iterator it(table, table.bucket(0), {table.bucket(0), 0});
        it.settle();
        return it;
    }

    [[nodiscard]] reference operator*() const noexcept {
        return {layout::key(at_.bucket, at_.slot), layout::value(at_.bucket, at_.slot)};
    }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }
    go_iterator& operator++() noexcept {
        ++at_.slot;
        settle();
        return *this;
    }
    go_iterator operator++(int) noexcept {
        go_iterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const go_iterator& a, const go_iterator& b) noexcept {
        return a.at_.bucket == b.at_.bucket && a.at_.slot == b.at_.slot;
    }

  private:
    template <class, class, class, bool>
    friend class go_iterator;

    // To the first element at or after where it stands, or to the end.
    void settle() noexcept {
        for (;;) {
            const tag_word tags(at_.bucket);
            slot_set full = tags.full();
            full.drop_before(at_.slot);
            if (full.any()) {
                at_.slot = full.first();
                return;
            }
            at_ = {tags.ends_chain() ? nullptr : layout::next(at_.bucket), 0};
            while (!at_) {
                main_ = next_main();
                if (main_ == nullptr) {
                    at_ = {};
                    return;
                }
                if (!layout::moved(main_)) {
                    at_ = {main_, 0};
                }
            }
        }
    }

    [[nodiscard]] std::byte* next_main() const noexcept {
        if (main_ == table_->bucket(table_->new_mask())) {
            return table_->growing() ? table_->old_bucket(0) : nullptr;
        }
        if (table_->growing() && main_ == table_->old_bucket(table_->old_mask())) {
            return nullptr;
        }
        return main_ + layout::bytes;
    }

    const Table* table_ = nullptr;
    std::byte* main_ = nullptr;
    typename Table::position at_;
};

} // namespace ebb::detail

// As a pair has it, so that std::views::keys and values take it.
template <class Key, class Mapped>
struct std::tuple_size<ebb::detail::go_reference<Key, Mapped>>
    : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class Key, class Mapped>
struct std::tuple_element<I, ebb::detail::go_reference<Key, Mapped>>
    : std::tuple_element<I, std::pair<const Key&, Mapped&>> {};
template <class Key, class Mapped, class Value, template <class> class A, template <class> class B>
struct std::basic_common_reference<ebb::detail::go_reference<Key, Mapped>,
                                   std::pair<const Key, Value>, A, B> {
    using type = ebb::detail::go_reference<Key, const Mapped>;
};
template <class Key, class Mapped, class Value, template <class> class A, template <class> class B>
struct std::basic_common_reference<std::pair<const Key, Value>,
                                   ebb::detail::go_reference<Key, Mapped>, A, B> {
    using type = ebb::detail::go_reference<Key, const Mapped>;
};
