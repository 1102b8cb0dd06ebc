// node_store: where a node map's elements live: in slabs of the system's pages where its memory has
// those (slab_arena), else one by one in blocks of its arena or allocator.
//
// In slabs (node_slab.h). The first 16 KiB of nodes are blocks of operator new's, so that a map of
// a few elements costs no page of its own; the lowest bit of a node_pointer says so. Beyond them
// nodes fill slabs, one slab at a time, the fullest first, in it the pages that have nodes already:
// what survives a peak gathers, and the emptiest slabs run dry. Pages without nodes wait for the
// next ones, and go many at a time (node_stock.h); the last node in slabs takes all with it.
//
// Peak over the pairs' bytes, MB resident with 1 % and with none of 1,000,000 left at random, the
// worst erase in ms (./bench/run maps --maps=node_hash_map,std, glibc 2.36):
//
//                          values of 8 bytes            of 128 bytes
//     slabs             1.76  15.4  0.16  0.34      1.09  37.0  0.15  0.62
//     operator new      2.75  32.2  32.0   126      1.15   144   144  2.51
//     std               2.72  43.6  43.6  0.15      1.26   172   172  0.15
//
// (The worst erase from slabs is CPU time on a machine that others used as well: 0.37 and 0.55 when
// pages went one by one.)
//
// Nodes keep their place when a handle or a merge takes them to another map, so that references
// stay, as the standard has it: a slab may hold nodes that are elsewhere, and outlive its map. The
// other way, an element moved out into a block of its own, needs no such slabs, but ends references
// and makes extract fail where there is no memory. A merge that takes all nodes of a slab takes the
// slab. What left counts in the map that it is in, by its size; what it leaves free in a slab whose
// map has ended counts nowhere, and goes back by the page.
//
// Costs: allocate and deallocate a few dozen instructions, and two lines of a slab's descriptor; no
// erase gives back more than 2 MiB and a slab, or what is left where it is the last in slabs.
// Threads: as the map. A node that left may end on any thread.
#pragma once

#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/element.h>
#include <ebb/maps/hash/memory.h>
#include <ebb/maps/hash/node_slabs.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// For maps without nodes.
struct no_nodes {
    [[nodiscard]] std::size_t bytes() const noexcept { return 0; }
    [[nodiscard]] std::size_t header_bytes() const noexcept { return 0; }
    void swap(no_nodes&) noexcept {}
};

/// Nodes in blocks of the memory's own, which come and go one by one.
template <class T, class Memory>
class single_nodes {
  public:
    using pointer = node_pointer<T>;
    /// What a node needs beside its map: its memory.
    using keeper = std::optional<Memory>;

    [[nodiscard]] pointer allocate(Memory& memory) {
        const pointer p(memory.template allocate<alignment>(block_bytes));
        ++count_;
        return p;
    }
    void deallocate(Memory& memory, pointer p) noexcept {
        --count_;
        memory.template deallocate<alignment>(p.get(), block_bytes);
    }

    /// The node leaves the map; one that left this or another map comes to it.
    void release(Memory&, pointer) noexcept { --count_; }
    void accept(Memory&, pointer) noexcept { ++count_; }
    [[nodiscard]] static keeper keeper_of(const Memory& memory) noexcept { return memory; }
    [[nodiscard]] static bool takes(const Memory& mine, const keeper& other) noexcept {
        return mine.same_as(*other);
    }
    /// Ends one that has left, without its object.
    static void discard(pointer p, keeper& memory) noexcept {
        memory->template deallocate<alignment>(p.get(), block_bytes);
    }

    /// Between these two calls every node ends, by `drop`.
    void drop(Memory& memory, pointer p) noexcept { deallocate(memory, p); }
    void drop_rest(Memory&) noexcept {}

    [[nodiscard]] bool has_lent() const noexcept { return true; }
    void adopt(Memory&, single_nodes&, Memory&) noexcept {}

    [[nodiscard]] std::size_t bytes() const noexcept { return count_ * block_bytes; }
    [[nodiscard]] std::size_t header_bytes() const noexcept { return 0; }
    void swap(single_nodes& other) noexcept { std::swap(count_, other.count_); }
    void validate(std::size_t size) const {
        EBB_CHECK(count_ == size, "node_store: the nodes are miscounted");
    }
    void validate_node(pointer) const noexcept {}

  private:
    static constexpr std::size_t alignment = std::max<std::size_t>(alignof(T), 2);
    static constexpr std::size_t block_bytes = (sizeof(T) + alignment - 1) / alignment * alignment;

    std::size_t count_ = 0;
};

/// Nodes in slabs. Holds no memory of its own but those; `Memory` comes with every call.
///
/// Invariants, checked by `validate()`: those of node_slabs, and
///  1. `apart`, the nodes in slabs that have not left, and `foreign` are the map's elements.
///  2. There are slabs only while a node lives in them, or not few apart.
///  3. The memory's account is what the three hold.
template <class T, class Memory>
class slab_nodes {
    using slab = node_slab<T>;
    using slabs = node_slabs<slab>;

  public:
    using pointer = node_pointer<T>;
    struct keeper {};

    /// Of nodes apart: 1,024 of 16 bytes, 120 of 136. With fewer a map of a few hundred elements
    /// would pay for a mapping and two pages what its nodes cost together. Nodes that don't fit in
    /// slabs are all apart.
    static constexpr std::size_t most_apart =
        slab::fits ? std::max<std::size_t>(16 * kib / sizeof(T), 1) : SIZE_MAX;
    /// As few that the next ones come apart again: a map of about most_apart elements doesn't map
    /// and unmap all the time.
    static constexpr std::size_t few_apart = most_apart - most_apart / 2;

    slab_nodes() = default;
    slab_nodes(slab_nodes&& other) noexcept { swap(other); }
    slab_nodes& operator=(slab_nodes&&) = delete;
    ~slab_nodes() { EBB_ASSERT(slabs_ == nullptr, "node_store: slabs are left"); }

    [[nodiscard]] pointer allocate(Memory& memory) {
        auto& arena = memory.growing();
        if (__builtin_expect(slabs_ == nullptr, 0)) {
            if (apart_ < most_apart) {
                const pointer p(arena.allocate_apart(sizeof(T), apart_alignment), true);
                ++apart_;
                arena.charge(sizeof(T));
                return p;
            }
            return first_in_slabs(arena);
        }
        return pointer(slabs_->take(arena, sizeof(T)));
    }
    void deallocate(Memory& memory, pointer p) noexcept {
        auto& arena = memory.growing();
        if (__builtin_expect(p.is_marked(), 0)) {
            free_apart(p);
            --apart_;
            arena.refund(sizeof(T));
        } else if (slab* const s = own_slab(p); __builtin_expect(s != nullptr, 1)) {
            slabs_->give(arena, *s, p.get());
            slabs_->collect(arena, sizeof(T));
        } else {
            slab::give_back(p.get());
            --foreign_;
            arena.refund(sizeof(T));
        }
        drop_slabs(arena);
    }

    void release(Memory& memory, pointer p) noexcept {
        if (p.is_marked()) {
            --apart_;
        } else if (slab* const s = own_slab(p)) {
            slabs_->lend(memory.growing(), *s);
        } else {
            --foreign_;
        }
        memory.growing().refund(sizeof(T));
        drop_slabs(memory.growing());
    }
    void accept(Memory& memory, pointer p) noexcept {
        if (p.is_marked()) {
            ++apart_;
        } else if (slab* const s = own_slab(p)) {
            slabs_->return_lent(*s);
        } else {
            ++foreign_;
        }
        memory.growing().charge(sizeof(T));
    }
    [[nodiscard]] static keeper keeper_of(const Memory&) noexcept { return {}; }
    [[nodiscard]] static bool takes(const Memory&, keeper) noexcept { return true; }
    static void discard(pointer p, keeper) noexcept {
        if (p.is_marked()) {
            free_apart(p);
        } else {
            slab::give_back(p.get());
        }
    }

    void drop(Memory& memory, pointer p) noexcept {
        if (p.is_marked() || has_lent() || (foreign_ != 0 && own_slab(p) == nullptr)) {
            deallocate(memory, p);
        }
    }
    void drop_rest(Memory& memory) noexcept {
        if (slabs_ != nullptr) {
            slabs_->leave(memory.growing(), sizeof(T));
            end_slabs(memory.growing());
        }
    }

    [[nodiscard]] bool has_lent() const noexcept {
        return slabs_ != nullptr && slabs_->lent() != 0;
    }
    /// After a merge from a map that had lent nothing before: takes the slabs of which all is here.
    void adopt(Memory& memory, slab_nodes& other, Memory& from) noexcept {
        if (other.slabs_ == nullptr) {
            return;
        }
        if (slabs_ == nullptr) {
            EBB_TRY {
                slabs_ = make_slabs(memory.growing());
            }
            EBB_CATCH(const std::bad_alloc&) { // nodes and slabs stay apart
                return;
            }
            memory.growing().charge(sizeof(slabs));
        }
        const std::size_t adopted =
            slabs_->adopt(memory.growing(), *other.slabs_, from.growing(), sizeof(T));
        foreign_ -= adopted;
        memory.growing().refund(adopted * sizeof(T));
        drop_slabs(memory.growing());
        other.drop_slabs(from.growing());
    }

    [[nodiscard]] std::size_t bytes() const noexcept {
        return (apart_ + foreign_) * sizeof(T) + (slabs_ != nullptr ? slabs_->bytes(sizeof(T)) : 0);
    }
    /// Of them, what stands beside the nodes: slabs' headers, and what keeps them.
    [[nodiscard]] std::size_t header_bytes() const noexcept {
        return slabs_ != nullptr ? slabs_->header_bytes() : 0;
    }
    void swap(slab_nodes& other) noexcept {
        std::swap(slabs_, other.slabs_);
        std::swap(apart_, other.apart_);
        std::swap(foreign_, other.foreign_);
    }
    void validate(std::size_t size) const {
        std::size_t own = 0;
        if (slabs_ != nullptr) {
            slabs_->validate();
            own = slabs_->live() - slabs_->lent();
            EBB_CHECK(slabs_->live() != 0 || apart_ >= few_apart,
                      "node_store: slabs without nodes are kept");
        }
        EBB_CHECK(apart_ + own + foreign_ == size, "node_store: the nodes are miscounted");
    }
    void validate_node(pointer p) const {
        if (!p.is_marked()) {
            slab* const own = own_slab(p);
            slab& s = own != nullptr ? *own : *slab::of_lent(p.get());
            const std::uint32_t i = s.index_of(p.get());
            EBB_CHECK(s.slot(i) == p.get(), "node_store: a node lies in no slot");
            EBB_CHECK(own == nullptr || !s.is_free(i),
                      "node_store: an element lies in a free slot");
        }
    }

  private:
    static constexpr std::size_t apart_alignment = std::max<std::size_t>(alignof(T), 2);

    // The slab of a node that isn't apart, null where that isn't this map's.
    [[nodiscard]] slab* own_slab(pointer p) const noexcept {
        return slabs_ != nullptr ? slabs_->find(p.get()) : nullptr;
    }
    static void free_apart(pointer p) noexcept {
        if constexpr (alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
            ::operator delete(p.get());
        } else {
            ::operator delete(p.get(), std::align_val_t(alignof(T)));
        }
    }
    template <class Arena>
    [[gnu::noinline]] pointer first_in_slabs(Arena& arena) {
        slabs* const fresh = make_slabs(arena);
        void* node = nullptr;
        EBB_TRY {
            node = fresh->take(arena, sizeof(T));
        }
        EBB_CATCH(...) {
            fresh->leave(arena, sizeof(T));
            std::destroy_at(fresh);
            ::operator delete(fresh);
            EBB_RETHROW;
        }
        slabs_ = fresh;
        arena.charge(sizeof(slabs));
        return pointer(node);
    }
    // Not charged yet.
    template <class Arena>
    static slabs* make_slabs(Arena& arena) {
        return std::construct_at(
            static_cast<slabs*>(arena.allocate_apart(sizeof(slabs), alignof(slabs))));
    }
    // After something went, when nothing is left in them.
    template <class Arena>
    void drop_slabs(Arena& arena) noexcept {
        if (slabs_ != nullptr && __builtin_expect(slabs_->live() == 0 && apart_ < few_apart, 0)) {
            slabs_->leave(arena, sizeof(T));
            end_slabs(arena);
        }
    }
    template <class Arena>
    void end_slabs(Arena& arena) noexcept {
        std::destroy_at(slabs_);
        ::operator delete(slabs_);
        slabs_ = nullptr;
        arena.refund(sizeof(slabs));
    }

    slabs* slabs_ = nullptr;
    std::size_t apart_ = 0;   // in blocks of operator new's
    std::size_t foreign_ = 0; // in slabs of other maps
};

template <class T, class Arena>
struct node_store_of : std::type_identity<single_nodes<T, map_memory<Arena>>> {};
template <class T, slab_arena Arena>
struct node_store_of<T, Arena> : std::type_identity<slab_nodes<T, map_memory<Arena>>> {};

/// The store of a map with these elements over this memory.
template <class Elements, class Arena>
using node_store = typename std::conditional_t<Elements::is_node,
                                               node_store_of<typename Elements::value_type, Arena>,
                                               std::type_identity<no_nodes>>::type;

} // namespace ebb::detail
