#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/arena/slots.h>
#include <ebb/alloc/base/narrow.h>

#include <algorithm>
#include <new>
#include <utility>

namespace ebb {
namespace {

// The most that empty chunks of one size may hold back.
constexpr std::size_t most_kept_bytes = 8 * mib;

} // namespace

slots::slots(std::size_t slot_bytes, std::pmr::memory_resource& upstream, tally& counts)
    : slots(shape_of(slot_bytes), upstream, counts) {}

slots::chunk* slots::open_chunk() {
    if (chunk* const c = spare_.front()) {
        spare_.remove(c);
        --spare_count_;
        open_.push_front(c);
        return c;
    }
    std::size_t bytes = chunk_bytes();
    void* memory = nullptr;
    for (;;) { // less of one, where the upstream has no more
        try {
            memory = chunks::take(*upstream_, bytes, chunk_bytes());
            break;
        } catch (const std::bad_alloc&) {
            bytes /= 2;
            if (bytes < first_slot_ + slot_bytes_) {
                throw;
            }
        }
    }
    if (returned_ != 0) {
        --returned_;
        const std::size_t most = std::max(most_kept_bytes / chunk_bytes(), std::size_t{1});
        kept_ += kept_ < most ? 1 : 0;
    }
    auto* const c = new (memory) chunk;
    c->owner = this;
    c->capacity = bytes == chunk_bytes()
                      ? slot_count_
                      : bounded<std::uint32_t>((bytes - first_slot_) / slot_bytes_);
    std::fill_n(&live_word(c, 0), (slot_count_ + 63) / 64, std::uint64_t{0});
    counts_->map(bytes, bytes - c->capacity * slot_bytes_);
    open_.push_front(c);
    return c;
}

// A chunk that is less than a whole one is a power of two as well, and has as many slots as fit.
std::size_t slots::bytes_of(const chunk* c) const noexcept {
    return c->capacity == slot_count_ ? chunk_bytes()
                                      : std::bit_ceil(first_slot_ + c->capacity * slot_bytes_);
}

void slots::reshelve(chunk* c) noexcept {
    if (c->used + 1 == c->capacity) {
        full_.remove(c);
        // In front: the slot that it has free is warm.
        open_.push_front(c);
    }
    if (c->used == 0) {
        open_.remove(c);
        if (spare_count_ >= kept_) {
            drop_spare();
        }
        spare_.push_front(c);
        ++spare_count_;
    }
}

void slots::reshelve_and_drop(chunk* c, const chunk* of_hot) noexcept {
    reshelve(c);
    if (must_drop(of_hot)) {
        drop_spare();
    }
}

void slots::drop_spare() noexcept {
    chunk* const c = spare_.front();
    spare_.remove(c);
    --spare_count_;
    ++returned_;
    give_back(c);
}

void slots::give_back(chunk* c) noexcept {
    const std::size_t bytes = bytes_of(c);
    counts_->unmap(bytes, bytes - c->capacity * slot_bytes_);
    c->~chunk();
    chunks::give(*upstream_, c, bytes, chunk_bytes());
}

bool slots::holds(const void* p) const noexcept {
    chunk* const c = chunk_of(p);
    if (c->owner != this) {
        return false;
    }
    const std::size_t index = index_of(c, p);
    return p != hot_ && index < slot_count_ && is_set(live_word(c, index), index);
}

void slots::trim() noexcept {
    if (void* const p = std::exchange(hot_, nullptr); p != nullptr) {
        put_with_free(cooled(p), p);
    }
    while (spare_count_ != 0) {
        drop_spare();
    }
    kept_ = 1;
    returned_ = 0;
}

void slots::clear() noexcept {
    hot_ = nullptr;
    for (auto* list : {&open_, &full_, &spare_}) {
        while (chunk* const c = list->front()) {
            list->remove(c);
            give_back(c);
        }
    }
    spare_count_ = 0;
}

std::size_t slots::validate_chunk(const chunk* c) const {
    auto* const writable = const_cast<chunk*>(c);
    EBB_CHECK_AT(c->owner == this && is_aligned(c, chunk_bytes()), "slots: header overwritten", c);
    EBB_CHECK_AT(c->capacity <= slot_count_ && c->used <= c->capacity && c->fresh <= c->capacity,
                 "slots: count overwritten", c);
    std::size_t live = 0;
    for (std::size_t i = 0; i < c->capacity; ++i) {
        const bool is_live = (live_word(writable, i) & bit(i)) != 0;
        EBB_CHECK_AT(!is_live || i < c->fresh || finds_by_bit(), "slots: live before its first use",
                     c);
        live += is_live ? 1 : 0;
    }
    EBB_CHECK_AT(live + c->retired == c->used, "slots: live bits and count differ", c);
    if (finds_by_bit()) {
        EBB_CHECK_AT(c->free == nullptr && c->fresh == 0 &&
                         (c->retired_bits & live_word(writable, 0)) == 0 &&
                         static_cast<std::size_t>(std::popcount(c->retired_bits)) == c->retired,
                     "slots: retired bits and count differ", c);
        return c->used;
    }
    std::size_t free = 0;
    for (void* p = c->free; p != nullptr; p = *static_cast<void**>(p)) {
        EBB_CHECK_AT(chunk_of(p) == c && index_of(c, p) < slot_count_ &&
                         !is_set(live_word(writable, index_of(c, p)), index_of(c, p)),
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
        EBB_CHECK_AT(c->used != 0 && c->used < c->capacity, "slots: not an open chunk", c);
        used += validate_chunk(c);
    }
    for (const chunk* c = full_.front(); c != nullptr; c = full_.next(c)) {
        EBB_CHECK_AT(c->used == c->capacity, "slots: an open chunk among the full", c);
        used += validate_chunk(c);
    }
    for (const chunk* c = spare_.front(); c != nullptr; c = spare_.next(c)) {
        EBB_CHECK_AT(c->used == 0, "slots: a used chunk among the spare", c);
        ++empty;
        used += validate_chunk(c);
    }
    EBB_CHECK(empty == spare_count_ && empty <= kept_, "slots: spare chunks miscounted");
    if (hot_ != nullptr) {
        chunk* const c = chunk_of(hot_);
        const std::size_t index = index_of(c, hot_);
        EBB_CHECK_AT(c->owner == this && index < slot_count_ && index == hot_index_ &&
                         is_set(live_word(c, index), index),
                     "slots: the slot kept aside is not one", hot_);
        --used;
    }
    return used;
}

slots::extent slots::measure() const noexcept {
    extent all;
    for (const auto* list : {&open_, &full_, &spare_}) {
        for (const chunk* c = list->front(); c != nullptr; c = list->next(c)) {
            all.mapped += bytes_of(c);
            all.overhead += bytes_of(c) - c->capacity * slot_bytes_;
        }
    }
    return all;
}

} // namespace ebb
