// node_finder: finds the slab of a node by its address.
//
// A table of pointers to descriptors, at most half full, looked through from the place that the
// slab's number names: addresses over length, less what the table doesn't have. Slabs mostly lie
// side by side, so that the first look finds nearly each. A slab taken out lets those behind it
// move up. It is a block of operator new's of 16 to 32 bytes a slab; without slabs there is none.
// Costs: a look is one load, and the descriptor's first line, which its user needs anyway.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace ebb::detail {

template <class Slab>
class node_finder {
  public:
    node_finder() = default;
    node_finder(node_finder&&) = delete;
    node_finder& operator=(node_finder&&) = delete;
    ~node_finder() { ::operator delete(table_); }

    [[nodiscard]] std::size_t bytes() const noexcept { return places_ * sizeof(Slab*); }

    /// Null where it lies in none of these.
    [[nodiscard]] Slab* find(const void* node) const noexcept {
        if (__builtin_expect(places_ == 0, 0)) {
            return nullptr;
        }
        void* const base = Slab::base_of(node);
        for (std::size_t n = place_of(base);; n = (n + 1) & (places_ - 1)) {
            Slab* const s = table_[n];
            if (__builtin_expect(s == nullptr || s->base == base, 1)) {
                return s;
            }
        }
    }

    /// Room for one more than `count`; returns the bytes that this takes. Throws std::bad_alloc.
    template <class Arena>
    std::size_t make_room(Arena& arena, std::size_t count) {
        if ((count + 1) * 2 <= places_) {
            return 0;
        }
        const std::size_t places = std::max<std::size_t>(places_ * 2, 4);
        auto* const fresh =
            static_cast<Slab**>(arena.allocate_apart(places * sizeof(Slab*), alignof(Slab*)));
        std::fill_n(fresh, places, nullptr);
        Slab** const old = std::exchange(table_, fresh);
        const std::size_t had = std::exchange(places_, places);
        for (std::size_t n = 0; n < had; ++n) {
            if (old[n] != nullptr) {
                add(*old[n]);
            }
        }
        ::operator delete(old);
        return (places - had) * sizeof(Slab*);
    }
    /// Requires: there is room.
    void add(Slab& s) noexcept {
        std::size_t n = place_of(s.base);
        while (table_[n] != nullptr) {
            n = (n + 1) & (places_ - 1);
        }
        table_[n] = &s;
    }
    void remove(Slab& s) noexcept {
        std::size_t hole = place_of(s.base);
        while (table_[hole] != &s) {
            hole = (hole + 1) & (places_ - 1);
        }
        for (std::size_t n = (hole + 1) & (places_ - 1); table_[n] != nullptr;
             n = (n + 1) & (places_ - 1)) {
            // It moves up unless it would lie before its own place.
            if (((n - place_of(table_[n]->base)) & (places_ - 1)) >= ((n - hole) & (places_ - 1))) {
                table_[hole] = table_[n];
                hole = n;
            }
        }
        table_[hole] = nullptr;
    }

  private:
    [[nodiscard]] std::size_t place_of(const void* base) const noexcept {
        return (address_of(base) / Slab::bytes) & (places_ - 1);
    }

    Slab** table_ = nullptr;
    std::size_t places_ = 0; // a power of two, or none
};

} // namespace ebb::detail
