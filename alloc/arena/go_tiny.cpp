#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/arena/go_tiny.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>

#include <new>

namespace ebb {
namespace {

constexpr std::size_t chunk_bytes = 64 * kib;
constexpr std::uint16_t none = 0xFFFF;

// Of one block. `next_free` counts only while the block is free.
struct block_state {
    std::uint8_t live_bytes = 0;
    std::uint8_t dead_bytes = 0;
    std::uint16_t next_free = none;
};

constexpr std::size_t header_bytes = 64;
constexpr std::size_t block_count =
    (chunk_bytes - header_bytes) / (go_tiny::block_bytes + sizeof(block_state));
constexpr std::size_t first_block =
    align_up(header_bytes + block_count * sizeof(block_state), go_tiny::block_bytes);
static_assert(first_block + block_count * go_tiny::block_bytes <= chunk_bytes);
constexpr std::size_t chunk_overhead = chunk_bytes - block_count * go_tiny::block_bytes;

constexpr std::size_t natural_alignment(std::size_t bytes) noexcept {
    return bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
}

} // namespace

struct go_tiny::chunk {
    go_tiny* owner = nullptr;
    list_links<chunk> links;
    std::uint32_t used = 0;
    std::uint32_t fresh = 0; // blocks from here on were never used
    std::uint16_t free = none;
    bool has_dead = false;

    block_state& state(std::size_t index) noexcept {
        return static_cast<block_state*>(advance(this, header_bytes))[index];
    }
    [[nodiscard]] const block_state& state(std::size_t index) const noexcept {
        return const_cast<chunk*>(this)->state(index);
    }
    std::byte* block(std::size_t index) noexcept {
        return static_cast<std::byte*>(advance(this, first_block + index * block_bytes));
    }
    [[nodiscard]] bool is_full() const noexcept { return used == block_count; }
    [[nodiscard]] std::size_t index_of(const void* p) const noexcept {
        return (distance_bytes(this, p) - first_block) / block_bytes;
    }
};

go_tiny::chunk* go_tiny::chunk_of(const void* p) noexcept {
    return reinterpret_cast<chunk*>(align_down(address_of(p), chunk_bytes));
}

go_tiny::~go_tiny() {
    while (chunk* const c = chunks_.front()) {
        chunks_.remove(c);
        counts_->unmap(chunk_bytes, chunk_overhead);
        chunks::give(*upstream_, c, chunk_bytes, chunk_bytes);
    }
}

go_tiny::chunk* go_tiny::add_chunk() {
    static_assert(sizeof(chunk) <= header_bytes);
    auto* const c = new (chunks::take(*upstream_, chunk_bytes, chunk_bytes)) chunk;
    c->owner = this;
    counts_->map(chunk_bytes, chunk_overhead);
    chunks_.push_front(c);
    ++chunk_count_;
    return c;
}

go_tiny::placed go_tiny::allocate(std::size_t bytes) {
    EBB_ASSERT(bytes != 0 && bytes < block_bytes, "go_tiny: not a tiny object");
    const std::size_t at = align_up(open_used_, natural_alignment(bytes));
    if (open_ != nullptr && at + bytes <= block_bytes) {
        chunk* const c = chunk_of(open_);
        auto& live = c->state(c->index_of(open_)).live_bytes;
        live = bounded<std::uint8_t>(live + bytes);
        open_used_ = at + bytes;
        counts_->charge(bytes, 0);
        return {open_ + at, false};
    }
    chunk* c = chunks_.front();
    if (c == nullptr || c->is_full()) {
        c = add_chunk();
    }
    std::size_t index = c->free;
    if (index != none) {
        c->free = c->state(index).next_free;
    } else {
        index = c->fresh++;
    }
    c->state(index) = {bounded<std::uint8_t>(bytes), 0, none};
    if (++c->used == block_count) {
        chunks_.remove(c);
        chunks_.push_back(c);
    }
    counts_->charge(bytes, block_bytes);
    std::byte* const block = c->block(index);
    // The block with more room left stays the open one.
    if (open_ == nullptr || bytes < open_used_) {
        open_ = block;
        open_used_ = bytes;
    }
    return {block, true};
}

void go_tiny::bury(void* object, std::size_t bytes) noexcept {
    chunk* const c = chunk_of(object);
    EBB_CHECK_AT(c->owner == this, "deallocate: a block of another arena or size", object);
    const std::size_t index = c->index_of(object);
    EBB_CHECK_AT(index < c->fresh && c->state(index).live_bytes >= bytes,
                 "deallocate: freed before", object);
    block_state& s = c->state(index);
    s.live_bytes = bounded<std::uint8_t>(s.live_bytes - bytes);
    s.dead_bytes = bounded<std::uint8_t>(s.dead_bytes + bytes);
    c->has_dead = true;
    counts_->bury(bytes, bytes);
}

void go_tiny::free_block(chunk* c, std::size_t index) noexcept {
    c->state(index) = {0, 0, c->free};
    c->free = bounded<std::uint16_t>(index);
    if (c->is_full()) {
        chunks_.remove(c);
        chunks_.push_front(c);
    }
    --c->used;
}

void go_tiny::collect() noexcept {
    // As Go's caches are flushed: the next tiny object opens a new block.
    open_ = nullptr;
    open_used_ = 0;
    chunk* next = nullptr;
    for (chunk* c = chunks_.front(); c != nullptr; c = next) {
        next = intrusive_list<chunk>::next(c); // freeing moves a full chunk to the front
        if (!c->has_dead) {
            continue;
        }
        c->has_dead = false;
        for (std::size_t i = 0; i < c->fresh; ++i) {
            block_state& s = c->state(i);
            if (s.dead_bytes == 0) {
                continue;
            }
            counts_->count_dead_as_slack(s.dead_bytes);
            s.dead_bytes = 0;
            if (s.live_bytes == 0) {
                counts_->refund(0, block_bytes);
                free_block(c, i);
            }
        }
        if (c->used == 0) {
            chunks_.remove(c);
            --chunk_count_;
            counts_->unmap(chunk_bytes, chunk_overhead);
            chunks::give(*upstream_, c, chunk_bytes, chunk_bytes);
        }
    }
}

std::size_t go_tiny::validate() const {
    std::size_t used = 0;
    std::size_t chunks = 0;
    for (const chunk* c = chunks_.front(); c != nullptr; c = intrusive_list<chunk>::next(c)) {
        EBB_CHECK_AT(c->owner == this, "go_tiny: header overwritten", c);
        std::size_t in_use = 0;
        for (std::size_t i = 0; i < c->fresh; ++i) {
            const block_state& s = c->state(i);
            EBB_CHECK_AT(s.live_bytes + s.dead_bytes <= block_bytes, "go_tiny: an overfull block",
                         c);
            in_use += s.live_bytes + s.dead_bytes != 0 ? 1 : 0;
        }
        EBB_CHECK_AT(in_use == c->used, "go_tiny: states and count differ", c);
        std::size_t free = 0;
        for (std::uint16_t i = c->free; i != none; i = c->state(i).next_free) {
            EBB_CHECK_AT(i < c->fresh && ++free + in_use <= c->fresh,
                         "go_tiny: free list overwritten", c);
        }
        EBB_CHECK_AT(free + in_use == c->fresh, "go_tiny: a block is lost", c);
        used += in_use;
        ++chunks;
    }
    EBB_CHECK(chunks == chunk_count_, "go_tiny: a chunk is lost");
    return used * block_bytes;
}

std::size_t go_tiny::mapped_bytes() const noexcept {
    return chunk_count_ * chunk_bytes;
}
std::size_t go_tiny::overhead_bytes() const noexcept {
    return chunk_count_ * chunk_overhead;
}

} // namespace ebb
