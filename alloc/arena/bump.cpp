#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <new>

namespace ebb {

static_assert(arena<bump>);

bump::~bump() {
    reset();
    trim();
}

void* bump::allocate_in_next_chunk(std::size_t bytes, std::size_t alignment) {
    EBB_CHECK(is_alignment(alignment), "bump: alignment must be a power of two");
    chunk* const c = take_chunk(slot_of(bytes), alignment);
    if (current_ != nullptr) {
        current_->left_at = cursor_;
    }
    c->before = current_;
    stand_at(c, begin_of(c) + slot_of(bytes));
    counts_.charge(bytes, slot_of(bytes));
    return reinterpret_cast<void*>(begin_of(c));
}

bump::chunk* bump::take_chunk(std::size_t bytes, std::size_t alignment) {
    const std::size_t needed = bytes + sizeof(chunk);
    if (spare_ != nullptr && spare_->bytes >= needed && needed > bytes &&
        (begin_of(spare_) & (alignment - 1)) == 0) {
        chunk* const c = spare_;
        spare_ = nullptr;
        return c;
    }
    const std::size_t page = os::page_size();
    const std::size_t whole = align_up(std::max(needed, next_chunk_bytes_), page);
    if (needed < bytes || whole < needed) {
        throw std::bad_alloc();
    }
    alignment = std::max(alignment, page);
    void* const memory = upstream_->allocate(whole, alignment);
    counts_.map(whole, sizeof(chunk));
    next_chunk_bytes_ = std::min(2 * next_chunk_bytes_, max_chunk_bytes);
    auto* const c = new (advance(memory, whole - sizeof(chunk))) chunk;
    c->bytes = whole;
    c->alignment = alignment;
    return c;
}

void bump::stand_at(chunk* c, std::uintptr_t cursor) noexcept {
    current_ = c;
    cursor_ = cursor;
    end_ = c == nullptr ? 0 : address_of(c);
}

// A mark remembers the ledger. When a block from before it is freed, what it remembers must change
// too, so that going back doesn't bring the block to life. From the newest mark to the oldest, with
// the chunks beside them, until the block turns out to be the newer.
void bump::tell_marks(std::uintptr_t block, std::size_t bytes) noexcept {
    const std::size_t slot = slot_of(bytes);
    const bool rolls_back = block + slot == cursor_;
    const chunk* c = current_;
    for (marker* m = marks_.front(); m != nullptr; m = marks_.next(m)) {
        for (; c != m->chunk_; c = c->before) {
            if (lies_in(block, c)) {
                return;
            }
        }
        if (c != nullptr && lies_in(block, c) && block >= m->cursor_) {
            return;
        }
        m->position_.requested -= bytes;
        if (rolls_back) {
            m->position_.occupied -= slot;
            m->cursor_ = block;
        } else {
            m->position_.dead += slot;
        }
    }
}

void bump::rewind(marker& m) noexcept {
    EBB_CHECK_AT(m.arena_ == this, "rewind: a marker that is stale or of another arena", &m);
    while (marks_.front() != &m) {
        marker* const newer = marks_.front();
        marks_.remove(newer);
        newer->arena_ = nullptr;
    }
    counts_.go_back(m.position_);
    retire_newer_than(m.chunk_);
    stand_at(m.chunk_, m.cursor_);
}

void bump::reset() noexcept {
    while (marker* const m = marks_.front()) {
        marks_.remove(m);
        m->arena_ = nullptr;
    }
    counts_.go_back({});
    retire_newer_than(nullptr);
    stand_at(nullptr, 0);
}

void bump::retire_newer_than(const chunk* kept) noexcept {
    while (current_ != kept) {
        chunk* const c = current_;
        current_ = c->before;
        if (c->bytes <= max_chunk_bytes && (spare_ == nullptr || spare_->bytes < c->bytes)) {
            if (spare_ != nullptr) {
                give_back(spare_);
            }
            spare_ = c;
        } else {
            give_back(c);
        }
    }
}

void bump::give_back(chunk* c) noexcept {
    counts_.unmap(c->bytes, sizeof(chunk));
    upstream_->deallocate(reinterpret_cast<void*>(begin_of(c)), c->bytes, c->alignment);
}

void bump::trim() noexcept {
    while (current_ != nullptr && cursor_ == begin_of(current_)) {
        chunk* const c = current_;
        const std::uintptr_t cursor = c->before == nullptr ? 0 : c->before->left_at;
        // A mark at the start of this chunk is as good at the end of the one before.
        for (marker* m = marks_.front(); m != nullptr && m->chunk_ == c; m = marks_.next(m)) {
            m->chunk_ = c->before;
            m->cursor_ = cursor;
        }
        stand_at(c->before, cursor);
        give_back(c);
    }
    if (spare_ != nullptr) {
        give_back(spare_);
        spare_ = nullptr;
    }
    if (current_ == nullptr) {
        next_chunk_bytes_ = first_chunk_bytes;
    }
}

bool bump::holds(const void* p) const noexcept {
    const chunk* c = current_;
    while (c != nullptr && !lies_in(address_of(p), c)) {
        c = c->before;
    }
    return c != nullptr;
}

void bump::validate() const {
    std::uint64_t mapped = spare_ == nullptr ? 0 : spare_->bytes;
    std::uint64_t overhead = spare_ == nullptr ? 0 : sizeof(chunk);
    std::uint64_t used = 0;
    std::uintptr_t cursor = cursor_;
    EBB_CHECK(end_ == (current_ == nullptr ? 0 : address_of(current_)), "bump: end is elsewhere");
    const marker* m = marks_.front();
    for (const chunk* c = current_; c != nullptr; c = c->before) {
        EBB_CHECK_AT(cursor >= begin_of(c) && cursor <= address_of(c), "bump: header overwritten",
                     c);
        for (std::uintptr_t newer = cursor; m != nullptr && m->chunk_ == c; m = marks_.next(m)) {
            EBB_CHECK_AT(m->arena_ == this && m->cursor_ >= begin_of(c) && m->cursor_ <= newer,
                         "bump: a mark stands too late", m);
            newer = m->cursor_;
        }
        mapped += c->bytes;
        overhead += sizeof(chunk);
        used += cursor - begin_of(c);
        cursor = c->before == nullptr ? 0 : c->before->left_at;
    }
    for (; m != nullptr; m = marks_.next(m)) {
        EBB_CHECK_AT(m->chunk_ == nullptr && m->arena_ == this, "bump: a mark in no chunk", m);
    }
    EBB_CHECK(spare_ == nullptr || spare_->bytes <= max_chunk_bytes, "bump: spare too large");
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.mapped == mapped && l.overhead == overhead && l.occupied() == used,
              "bump: the ledger differs from what stands in the chunks");
}

} // namespace ebb
