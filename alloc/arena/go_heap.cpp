#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/base/narrow.h>

#include <cstring>
#include <new>
#include <utility>

namespace ebb {

static_assert(zeroing_arena<go_heap> && pointer_free_arena<go_heap>);

namespace {

constexpr std::uint32_t blocks_per_span(std::size_t index) noexcept {
    return bounded<std::uint32_t>(go_span_pages[index] * go_page_bytes / go_classes[index]);
}

// Wraps to less than `bytes` when there are no such pages.
constexpr std::size_t whole_pages(std::size_t bytes) noexcept {
    return align_up(std::max(bytes, std::size_t{1}), go_page_bytes);
}

constexpr std::size_t tiny_class = go_class_of(go_tiny::block_bytes);

} // namespace

go_heap::go_heap(std::pmr::memory_resource& upstream)
    : upstream_(&upstream), classes_([&]<std::size_t... I>(std::index_sequence<I...>) {
          return std::array<size_class, sizeof...(I)>{
              size_class{.blocks = slots(go_classes[I], upstream, counts_)}...};
      }(std::make_index_sequence<go_classes.size()>())),
      tiny_(upstream, counts_),
      large_(upstream, counts_,
             {.bytes = kept_large_bytes, .most_bytes = kept_large_bytes, .part = 0}) {}

go_heap::size_class* go_heap::class_for(std::size_t bytes, std::size_t alignment) noexcept {
    return const_cast<size_class*>(std::as_const(*this).class_for(bytes, alignment));
}

const go_heap::size_class* go_heap::class_for(std::size_t bytes,
                                              std::size_t alignment) const noexcept {
    if (bytes > go_max_small) {
        return nullptr;
    }
    std::size_t index = go_class_of(bytes);
    if (alignment > 8) [[unlikely]] {
        while (index < classes_.size() && classes_[index].blocks.alignment() < alignment) {
            ++index;
        }
    }
    return index < classes_.size() ? &classes_[index] : nullptr;
}

void go_heap::count_span(size_class& c) noexcept {
    const auto index = static_cast<std::size_t>(&c - classes_.data());
    if (pace_.handed_out(go_span_pages[index] * go_page_bytes)) {
        collect();
    }
    c.span_left = blocks_per_span(index); // after collect(), which ends every span
}

void* go_heap::allocate(std::size_t bytes, std::size_t alignment) {
    size_class* const c = class_for(bytes, alignment);
    if (c == nullptr) [[unlikely]] {
        return allocate_large(bytes, alignment).block;
    }
    void* const p = c->blocks.take();
    counts_.charge(bytes, c->blocks.slot_bytes());
    if (c->span_left == 0) [[unlikely]] {
        count_span(*c);
    }
    --c->span_left;
    return p;
}

void go_heap::deallocate(void* p, std::size_t bytes, std::size_t alignment) noexcept {
    size_class* const c = class_for(bytes, alignment);
    if (c == nullptr) [[unlikely]] {
        const std::size_t whole = whole_pages(bytes);
        large_.retire(p, whole);
        counts_.bury(bytes, whole);
        return;
    }
    c->blocks.retire(p);
    *static_cast<void**>(p) = c->dead;
    c->dead = p;
    ++c->dead_count;
    counts_.bury(bytes, c->blocks.slot_bytes());
}

void* go_heap::allocate_pointer_free(std::size_t bytes, std::size_t alignment) {
    if (bytes >= go_tiny::block_bytes || bytes == 0) {
        return allocate(bytes, alignment);
    }
    EBB_ASSERT(bytes % alignment == 0, "go_heap: a tiny object is as long as its alignment asks");
    const go_tiny::placed placed = tiny_.allocate(bytes);
    if (placed.opened_block) {
        if (tiny_span_left_ == 0) {
            if (pace_.handed_out(go_span_pages[tiny_class] * go_page_bytes)) {
                collect();
            }
            tiny_span_left_ = blocks_per_span(tiny_class);
        }
        --tiny_span_left_;
    }
    return placed.object;
}

void go_heap::deallocate_pointer_free(void* p, std::size_t bytes, std::size_t alignment) noexcept {
    if (bytes >= go_tiny::block_bytes || bytes == 0) {
        deallocate(p, bytes, alignment);
    } else {
        tiny_.bury(p, bytes);
    }
}

void* go_heap::allocate_zeroed(std::size_t bytes, std::size_t alignment) {
    if (class_for(bytes, alignment) == nullptr) {
        const large_blocks::taken t = allocate_large(bytes, alignment);
        const bool is_zeroed = t.is_fresh && upstream_ == &system_pages();
        return is_zeroed ? t.block : std::memset(t.block, 0, bytes);
    }
    return std::memset(allocate(bytes, alignment), 0, bytes);
}

large_blocks::taken go_heap::allocate_large(std::size_t bytes, std::size_t alignment) {
    const std::size_t whole = whole_pages(bytes);
    if (whole < bytes) {
        throw std::bad_alloc();
    }
    const large_blocks::taken t = large_.take(whole, std::max(alignment, go_page_bytes));
    counts_.charge(bytes, whole);
    if (pace_.handed_out(whole)) {
        collect();
    }
    return t;
}

std::size_t go_heap::slot_bytes(const void*, std::size_t bytes,
                                std::size_t alignment) const noexcept {
    const size_class* const c = class_for(bytes, alignment);
    return c != nullptr ? c->blocks.slot_bytes() : whole_pages(bytes);
}

void go_heap::collect() noexcept {
    for (size_class& c : classes_) {
        counts_.reclaim(std::uint64_t{c.dead_count} * c.blocks.slot_bytes());
        while (c.dead != nullptr) {
            void* const p = c.dead;
            c.dead = *static_cast<void**>(p);
            c.blocks.reclaim(p);
        }
        c.dead_count = 0;
        c.span_left = 0;
    }
    tiny_.collect();
    tiny_span_left_ = 0;
    counts_.reclaim(large_.reclaim());
    pace_.collected(counts_.read().live());
    ++collections_;
}

void go_heap::trim() noexcept {
    for (size_class& c : classes_) {
        c.blocks.trim();
    }
    large_.trim();
}

void go_heap::validate() const {
    large_.validate();
    std::uint64_t occupied = large_.bytes();
    std::uint64_t mapped =
        large_.bytes() + large_.idle_bytes() + large_.table_bytes() + tiny_.mapped_bytes();
    std::uint64_t overhead = large_.table_bytes() + tiny_.overhead_bytes();
    for (const size_class& c : classes_) {
        occupied += c.blocks.validate() * c.blocks.slot_bytes();
        const slots::extent e = c.blocks.measure();
        mapped += e.mapped;
        overhead += e.overhead;
        std::uint32_t dead = 0;
        for (const void* p = c.dead; p != nullptr; p = *static_cast<void* const*>(p)) {
            EBB_CHECK_AT(!c.blocks.holds(p) && ++dead <= c.dead_count,
                         "go_heap: list of the dead overwritten", p);
        }
        EBB_CHECK(dead == c.dead_count, "go_heap: a dead block is lost");
    }
    occupied += tiny_.validate();
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.occupied() == occupied && l.mapped == mapped &&
                  l.overhead == overhead,
              "go_heap: the ledger differs from what stands in the chunks");
}

} // namespace ebb
