// table: the arrays, overflow buckets and records of one map, and every byte of them. It knows how
// elements end, not how they are found: hashes are its caller's.
//
// Invariants:
//   1. Every tag below go_min_full is an empty slot, except in an old bucket that has moved.
//   2. A slot of the empty rest is followed by nothing but such slots in its chain.
//   3. An element lies in its old bucket until that has moved, in its new one from then on.
//   4. Overflow buckets outside of the arrays are counted, old and new apart.
#pragma once

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/base/check.h>
#include <ebb/maps/footprint.h>
#include <ebb/maps/go/header.h>
#include <ebb/maps/go/layout.h>
#include <ebb/maps/go/seed.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace ebb::detail {

template <class Key, class Value, class Arena>
class go_table {
  public:
    using layout = go_layout<Key, Value>;
    using keys = typename layout::keys;
    using values = typename layout::values;
    using block = scoped_block<Arena>;

    /// A slot, or none.
    struct position {
        std::byte* bucket = nullptr;
        unsigned slot = 0;
        explicit operator bool() const noexcept { return bucket != nullptr; }
    };

    go_table(Arena& from, std::uint64_t hint) : from_(&from), random_(fresh_seed(this)) {
        block header(from, sizeof(go_header), alignof(go_header));
        auto* const h = ::new (header.get()) go_header;
        h->seed = static_cast<std::uint32_t>(random_());
        while (hint <= max_array_bytes / layout::bytes && go_overloaded(hint, h->bits)) {
            ++h->bits;
        }
        if (h->bits != 0) {
            start_array(*h, h->bits);
        }
        h_ = static_cast<go_header*>(header.release());
    }
    go_table(go_table&& other) noexcept
        : from_(other.from_), h_(std::exchange(other.h_, &no_header)),
          overflow_count_(std::exchange(other.overflow_count_, 0)),
          outside_(std::exchange(other.outside_, 0)),
          old_outside_(std::exchange(other.old_outside_, 0)),
          old_count_(std::exchange(other.old_count_, 0)), random_(other.random_) {}
    ~go_table() {
        if (h_ != &no_header) {
            release();
        }
    }
    void swap(go_table& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(h_, other.h_);
        std::swap(overflow_count_, other.overflow_count_);
        std::swap(outside_, other.outside_);
        std::swap(old_outside_, other.old_outside_);
        std::swap(old_count_, other.old_count_);
        std::swap(random_, other.random_);
    }

    [[nodiscard]] Arena& from() const noexcept { return *from_; }
    [[nodiscard]] go_header& header() const noexcept { return *h_; }
    [[nodiscard]] bool growing() const noexcept { return h_->old_buckets != nullptr; }
    [[nodiscard]] std::uint64_t overflow_count() const noexcept { return overflow_count_; }
    [[nodiscard]] std::uint64_t new_mask() const noexcept { return low_bits(h_->bits); }
    [[nodiscard]] std::uint64_t old_mask() const noexcept { return low_bits(old_bits()); }
    [[nodiscard]] std::byte* bucket(std::uint64_t index) const noexcept {
        return h_->buckets + index * layout::bytes;
    }
    [[nodiscard]] std::byte* old_bucket(std::uint64_t index) const noexcept {
        return h_->old_buckets + index * layout::bytes;
    }

    /// The first bucket of the chain that holds, or would hold, a key of this hash now.
    [[nodiscard]] std::byte* home(std::uint64_t hash) const noexcept {
        if (growing()) [[unlikely]] {
            std::byte* const old = old_bucket(hash & old_mask());
            if (!layout::moved(old)) {
                return old;
            }
        }
        return bucket(hash & new_mask());
    }

    /// The header and the first bucket, for a map that has none yet.
    void ensure_bucket() {
        if (h_ == &no_header) {
            void* const p = from_->allocate(sizeof(go_header), alignof(go_header));
            h_ = ::new (p) go_header;
            reseed();
        }
        if (h_->buckets == nullptr) {
            h_->buckets =
                static_cast<std::byte*>(allocate_zeroed(*from_, layout::bytes, layout::alignment));
        }
    }

    /// Whether Go would start to grow before it adds an element.
    [[nodiscard]] bool growth_due() const noexcept {
        return go_overloaded(h_->count + 1, h_->bits) ||
               go_too_much_overflow(h_->overflow_count, h_->bits);
    }

    /// Puts the new array in place; elements stay in the old one for now.
    /// Throws std::bad_alloc, nothing changed. Requires: `growth_due()`, not growing.
    void start_growth() {
        const bool same_size = !go_overloaded(h_->count + 1, h_->bits);
        std::byte* const old = h_->buckets;
        start_array(*h_, static_cast<std::uint8_t>(h_->bits + (same_size ? 0 : 1)));
        h_->flags = same_size ? go_header::same_size : 0;
        h_->old_buckets = old;
        h_->moved = 0;
        h_->overflow_count = 0;
        overflow_count_ = 0;
        old_outside_ = std::exchange(outside_, 0);
        old_count_ = h_->count;
        if (h_->extra != nullptr && h_->extra->overflow != nullptr) {
            h_->extra->old_overflow = std::exchange(h_->extra->overflow, nullptr);
        }
    }

    /// Where the overflow of the current array stood, to go back to.
    struct mark {
        std::byte* next_overflow;
        std::uint64_t overflow_count;
        std::uint64_t listed;
        std::uint16_t sampled;
    };
    [[nodiscard]] mark overflow_mark() const noexcept {
        const go_extra* const e = h_->extra;
        return {e == nullptr ? nullptr : e->next_overflow, overflow_count_,
                e == nullptr || e->overflow == nullptr ? 0 : e->overflow->length,
                h_->overflow_count};
    }

    /// Hangs an empty overflow bucket behind `last`, a preallocated one while there are any.
    /// Throws std::bad_alloc, nothing changed.
    std::byte* add_overflow(std::byte* last);

    /// Takes back what was added behind `from` since the mark. Requires: no elements there.
    void drop_overflow(std::byte* first, const mark& to) noexcept;

    /// Frees the overflow buckets of an old chain that has moved, as Go's collector can from then
    /// on: where buckets are indexed, the index keeps them until all have moved.
    void release_moved_chain(std::byte* main, std::uint64_t elements) noexcept {
        old_count_ -= elements;
        if constexpr (!layout::indexed) {
            if (layout::next(main) != nullptr) {
                free_chain(main, old_end(), old_outside_, h_->old_buckets);
                layout::set_next(main, nullptr);
            }
        }
    }

    /// An element has been ended in the chain at `main`. As Go, a map without elements takes a new
    /// seed.
    void count_erased(const std::byte* main) noexcept {
        if (growing() && is_old(main)) [[unlikely]] {
            --old_count_;
        }
        if (--h_->count == 0) {
            reseed();
        }
    }
    void count_inserted() noexcept { ++h_->count; }

    /// The old array goes, and with it what is left of its overflow.
    void finish_growth() noexcept;

    /// As Go's mapclear: every element goes, the array stays, overflow beyond it goes, the seed
    /// changes. Does nothing to a map without elements.
    void clear() noexcept;

    void end_element(position at) noexcept {
        keys::end(*from_, layout::key_at(at.bucket, at.slot));
        values::end(*from_, layout::value_at(at.bucket, at.slot));
    }

    void reseed() noexcept { h_->seed = static_cast<std::uint32_t>(random_()); }

    [[nodiscard]] struct footprint footprint() const noexcept;
    [[nodiscard]] struct composition composition() const noexcept;

    /// Walks everything and stops the program where an invariant is broken.
    void validate() const;

  private:
    // What Go takes for the end of memory; a hint beyond it counts as none.
    static constexpr std::uint64_t max_array_bytes = std::uint64_t{1} << 48;

    [[nodiscard]] static constexpr std::uint64_t low_bits(unsigned bits) noexcept {
        return (std::uint64_t{1} << bits) - 1;
    }
    [[nodiscard]] unsigned old_bits() const noexcept {
        return (h_->flags & go_header::same_size) != 0 ? h_->bits : h_->bits - 1U;
    }
    [[nodiscard]] static std::size_t array_bytes(unsigned bits) noexcept {
        return go_array_buckets(bits, layout::bytes) * layout::bytes;
    }
    [[nodiscard]] std::byte* end() const noexcept { return h_->buckets + array_bytes(h_->bits); }
    [[nodiscard]] std::byte* old_end() const noexcept {
        return h_->old_buckets + array_bytes(old_bits());
    }

    [[nodiscard]] bool is_old(const std::byte* main) const noexcept {
        return !std::less<const std::byte*>{}(main, h_->old_buckets) &&
               std::less<const std::byte*>{}(main, old_end());
    }

    struct survey {
        std::uint64_t elements = 0;
        std::uint64_t overflow = 0;
        std::uint64_t outside = 0;
    };
    [[nodiscard]] survey survey_of(std::byte* array, unsigned bits, bool old) const;

    void start_array(go_header& h, std::uint8_t bits);
    void note_overflow(std::byte* bucket);
    void end_elements(std::byte* array, std::uint64_t count, bool old) noexcept;
    void free_chain(std::byte* main, const std::byte* end, std::uint64_t& outside,
                    const std::byte* array) noexcept;
    void free_overflow(std::byte* array, unsigned bits, std::uint64_t& outside,
                       overflow_list* list) noexcept;
    void free_list(overflow_list* list) noexcept;
    void free_old() noexcept;
    void release() noexcept;

    Arena* from_;
    go_header* h_ = &no_header;
    std::uint64_t overflow_count_ = 0; // in the chains of the current array, exact
    std::uint64_t outside_ = 0;        // those of them that are blocks of their own
    std::uint64_t old_outside_ = 0;    // the same of the old array
    std::uint64_t old_count_ = 0;      // elements still in the old array
    coin random_;
};

} // namespace ebb::detail

#include <ebb/maps/go/table_accounts.h>
#include <ebb/maps/go/table_buckets.h>
