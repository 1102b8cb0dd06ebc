// hash_table's walks through a segment, and how many elements at once are put into another.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// The hashes of a segment's elements, in the order of each_slot or of the array. Where the hash
/// function may throw they are all taken before the first element moves; else as they are needed.
template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::hashes {
    static constexpr bool early = hash_throws<key_type>;

    hashes(hash_table& of, const segment& s) : table(of), bytes(s.count * sizeof(std::uint64_t)) {
        if constexpr (early) {
            if (bytes == 0) {
                return;
            }
            all = static_cast<std::uint64_t*>(
                of.memory_.template allocate<alignof(std::uint64_t)>(bytes));
            EBB_TRY {
                each_element(s, [&](std::size_t n, const element* e) {
                    all[n] = table.hash_of(E::key(*e));
                });
            }
            EBB_CATCH(...) {
                of.memory_.template deallocate<alignof(std::uint64_t)>(all, bytes);
                EBB_RETHROW;
            }
        }
    }
    hashes(const hashes&) = delete;
    hashes& operator=(const hashes&) = delete;
    ~hashes() {
        if (all != nullptr) {
            table.memory_.template deallocate<alignof(std::uint64_t)>(all, bytes);
        }
    }

    [[nodiscard]] std::uint64_t operator()(std::size_t n, const element& e) const noexcept {
        if constexpr (early) {
            return all[n];
        } else {
            return table.hash_of(E::key(e));
        }
    }

    hash_table& table;
    std::size_t bytes;
    std::uint64_t* all = nullptr;
};

/// f(n, element) for the elements of a segment, n from 0 on.
template <class E, class H, class Q, class A>
template <class F>
[[gnu::always_inline]] inline void hash_table<E, H, Q, A>::each_element(const segment& s,
                                                                        const F& f) {
    if constexpr (layout::has_array) {
        std::uint32_t n = 0;
        for (std::uint32_t c = 0; n < s.count; ++c) {
            element* const first = layout::chunk(s, c);
            const std::uint32_t here = std::min(s.count - n, layout::per_chunk);
            for (std::uint32_t i = 0; i < here; ++i) {
                f(n + i, first + i);
            }
            n += here;
        }
    } else {
        std::size_t n = 0;
        layout::each_group(s, [&](std::uint32_t g, element* first) {
            const auto* const ahead =
                reinterpret_cast<const std::byte*>(first) + 4 * group::slots * sizeof(element);
            for (std::size_t at = 0; at < group::slots * sizeof(element); at += 64) {
                __builtin_prefetch(ahead + at);
            }
            for (std::uint32_t full = s.groups[g].full_slots(); full != 0; full &= full - 1) {
                f(n++, first + std::countr_zero(full));
            }
        });
    }
}

template <class E, class H, class Q, class A>
template <class F>
void hash_table<E, H, Q, A>::each_slot(const segment& s, const F& f) {
    for (std::uint32_t g = 0; g < s.group_count; ++g) {
        for (std::uint32_t full = s.groups[g].full_slots(); full != 0; full &= full - 1) {
            f(g, static_cast<std::uint32_t>(std::countr_zero(full)));
        }
    }
}

/// f(element) for the elements of a segment that stay where they are.
template <class E, class H, class Q, class A>
template <class F>
[[gnu::always_inline]] inline void hash_table<E, H, Q, A>::each_in(const segment& s, const F& f) {
    if constexpr (layout::has_array) {
        each_element(s, [&](std::size_t, element* e) { f(e); });
    } else {
        each_slot(s, [&](std::uint32_t g, std::uint32_t i) { f(layout::element(s, g, i)); });
    }
}

/// Free slots among so many groups that equal hashes alone can have filled them: from one home on,
/// one after the other. So the search for each begins where that for the one before it ended.
/// Requires: in between the groups stay, and no element leaves.
template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::far_slots {
    [[gnu::noinline]] [[nodiscard]] position next(segment& s, std::uint64_t hash) noexcept {
        const bool again = s.groups == of && hash == before;
        const position p = free_slot_from(s, hash, again ? g : home_group(hash, s.group_count));
        of = s.groups;
        before = hash;
        g = p.g;
        return p;
    }

    const group* of = nullptr;
    std::uint64_t before = 0;
    std::uint32_t g = 0;
};

/// Puts many elements into a segment that has room: moves each to its slot, or notes where it lies.
/// The segment is a copy, `s`, until all are placed: what is written through bytes might else be
/// its own numbers, read anew for each. And the empty slots are noted beside it, a bit each: the
/// tags say the same, but a line that was just written a byte of can't be read at once.
template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::placing {
    // Groups; more than a segment has as a rule.
    static constexpr std::uint32_t most = layout::has_array ? 512 : 256;
    using vacant_slots = std::conditional_t<layout::has_array, std::uint32_t, std::uint16_t>;
    struct vacancies {
        vacant_slots of[most];
        element* first[layout::has_array ? 1 : most]; // the groups' first slots
    };

    [[gnu::always_inline]] placing(const segment& into, vacancies& notes) noexcept
        : s(into), known(s.group_count <= most && !layout::is_crowded(s)), vacant(notes.of),
          first(notes.first) {
        for (std::uint32_t g = 0; known && g < s.group_count; ++g) {
            vacant[g] = static_cast<vacant_slots>(s.groups[g].empty_slots());
        }
        if constexpr (!layout::has_array) {
            if (known) {
                layout::each_group(s, [&](std::uint32_t g, element* at) { first[g] = at; });
            }
        }
    }

    /// Slots alone.
    [[gnu::always_inline]] void operator()(element* e, std::uint64_t hash) noexcept {
        const position p = take(hash);
        s.groups[p.g].set(p.i, hash);
        E::relocate(known ? first[p.g] + p.i : layout::element(s, p.g, p.i), e);
        ++s.count;
    }

    /// Arrays alone: the element of this hash has this number.
    [[gnu::always_inline]] void note(std::uint64_t hash, std::uint32_t number) noexcept {
        if (!known && layout::is_crowded(s)) {
            crowd_of(s).add(number, hash);
            ++s.count;
            return;
        }
        const position p = take(hash);
        s.groups[p.g].set(p.i, hash, number, s.tag_bits);
        ++s.count;
    }

    [[gnu::always_inline]] [[nodiscard]] position take(std::uint64_t hash) noexcept {
        if (!known) {
            return far.next(s, hash);
        }
        std::uint32_t g = home_group(hash, s.group_count);
        while (__builtin_expect(vacant[g] == 0, 0)) {
            s.groups[g].pass(hash);
            g = g + 1 == s.group_count ? 0 : g + 1;
        }
        const auto i = static_cast<std::uint32_t>(std::countr_zero(std::uint32_t{vacant[g]}));
        vacant[g] = static_cast<vacant_slots>(vacant[g] & (vacant[g] - 1));
        return {nullptr, g, i, nullptr};
    }

    segment s;
    bool known;
    vacant_slots* vacant;
    element** first;
    far_slots far;
};

} // namespace ebb::detail
