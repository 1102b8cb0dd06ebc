#include <ebb/alloc/arena/slots.h>

#include <algorithm>
#include <new>

namespace ebb {
namespace {

// 64 KiB holds 15 slots of 4 KiB, so that at most 1/15 of a large class's chunk is header and tail.
// Larger slots get chunks of at least eight.
std::size_t chunk_bytes_for(std::size_t slot_bytes) noexcept {
    return std::max(64 * kib, std::bit_ceil(8 * slot_bytes));
}

} // namespace

slots::slots(std::size_t slot_bytes, std::pmr::memory_resource& upstream, tally& counts)
    : slot_bytes_(slot_bytes), chunk_bytes_(chunk_bytes_for(slot_bytes)),
      reciprocal_(((std::uint64_t{1} << 32U) + slot_bytes - 1) / slot_bytes),
      alignment_(std::min(slot_bytes & (~slot_bytes + 1), max_alignment)), upstream_(&upstream),
      counts_(&counts) {
    EBB_CHECK(slot_bytes >= min_slot_bytes && slot_bytes % 8 == 0, "slots: size not of words");
    // Fewer slots need fewer bits, so the first guess is the most and one step down settles it.
    std::size_t count = (chunk_bytes_ - sizeof(chunk)) / slot_bytes_;
    for (;; --count) {
        first_slot_ = align_up(sizeof(chunk) + (count + 63) / 64 * sizeof(std::uint64_t),
                               std::max(alignment_, std::size_t{16}));
        if (first_slot_ + count * slot_bytes_ <= chunk_bytes_) {
            break;
        }
    }
    slot_count_ = static_cast<std::uint32_t>(count);
}

slots::chunk* slots::add_chunk() {
    void* const memory = upstream_->allocate(chunk_bytes_, chunk_bytes_);
    auto* const c = new (memory) chunk;
    c->owner = this;
    std::fill_n(&live_word(c, 0), (slot_count_ + 63) / 64, std::uint64_t{0});
    counts_->map(chunk_bytes_, chunk_bytes_ - slot_count_ * slot_bytes_);
    open_.push_front(c);
    spare_ = c;
    return c;
}

void slots::reshelve(chunk* c) noexcept {
    if (c->used + 1 == slot_count_) {
        full_.remove(c);
        // Behind the chunk in use, which stays warm.
        open_.push_back(c);
    }
    if (c->used == 0) {
        if (spare_ != nullptr && spare_ != c) {
            open_.remove(c);
            give_back(c);
            return;
        }
        spare_ = c;
        if (open_.front() != c || open_.next(c) != nullptr) {
            // Used last, so that it can go when another empties.
            open_.remove(c);
            open_.push_back(c);
        }
    }
}

void slots::give_back(chunk* c) noexcept {
    counts_->unmap(chunk_bytes_, chunk_bytes_ - slot_count_ * slot_bytes_);
    c->~chunk();
    upstream_->deallocate(c, chunk_bytes_, chunk_bytes_);
}

bool slots::holds(const void* p) const noexcept {
    chunk* const c = chunk_of(p);
    if (c->owner != this) {
        return false;
    }
    const std::size_t index = index_of(c, p);
    return slot_at(c, index) == p && (live_word(c, index) & bit(index)) != 0;
}

void slots::trim() noexcept {
    if (spare_ != nullptr) {
        open_.remove(spare_);
        give_back(spare_);
        spare_ = nullptr;
    }
}

void slots::clear() noexcept {
    for (auto* list : {&open_, &full_}) {
        while (chunk* const c = list->front()) {
            list->remove(c);
            give_back(c);
        }
    }
    spare_ = nullptr;
}

std::size_t slots::validate_chunk(const chunk* c) const {
    auto* const writable = const_cast<chunk*>(c);
    EBB_CHECK_AT(c->owner == this && is_aligned(c, chunk_bytes_), "slots: header overwritten", c);
    EBB_CHECK_AT(c->used <= slot_count_ && c->fresh <= slot_count_, "slots: count overwritten", c);
    std::size_t live = 0;
    for (std::size_t i = 0; i < slot_count_; ++i) {
        const bool is_live = (live_word(writable, i) & bit(i)) != 0;
        EBB_CHECK_AT(!is_live || i < c->fresh, "slots: live before its first use", c);
        live += is_live ? 1 : 0;
    }
    EBB_CHECK_AT(live + c->retired == c->used, "slots: live bits and count differ", c);
    std::size_t free = 0;
    for (void* p = c->free; p != nullptr; p = *static_cast<void**>(p)) {
        EBB_CHECK_AT(chunk_of(p) == c && slot_at(writable, index_of(c, p)) == p &&
                         (live_word(writable, index_of(c, p)) & bit(index_of(c, p))) == 0,
                     "slots: free list overwritten", p);
        ++free;
        EBB_CHECK_AT(free + c->used <= c->fresh, "slots: free list runs in a circle", p);
    }
    EBB_CHECK_AT(free + c->used == c->fresh, "slots: a slot is lost", c);
    return c->used;
}

std::size_t slots::validate() const {
    std::size_t used = 0;
    std::size_t empty = 0;
    for (const chunk* c = open_.front(); c != nullptr; c = open_.next(c)) {
        EBB_CHECK_AT(c->used < slot_count_, "slots: a full chunk among the open", c);
        empty += c->used == 0 ? 1 : 0;
        EBB_CHECK_AT(c->used != 0 || c == spare_, "slots: an empty chunk that is not the spare", c);
        used += validate_chunk(c);
    }
    for (const chunk* c = full_.front(); c != nullptr; c = full_.next(c)) {
        EBB_CHECK_AT(c->used == slot_count_, "slots: an open chunk among the full", c);
        used += validate_chunk(c);
    }
    EBB_CHECK(empty == (spare_ != nullptr ? 1 : 0), "slots: the spare chunk is not empty");
    return used;
}

slots::extent slots::measure() const noexcept {
    std::size_t chunks = 0;
    for (const auto* list : {&open_, &full_}) {
        for (const chunk* c = list->front(); c != nullptr; c = list->next(c)) {
            ++chunks;
        }
    }
    return {chunks * chunk_bytes_, chunks * (chunk_bytes_ - slot_count_ * slot_bytes_)};
}

} // namespace ebb
