#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <new>

namespace ebb {

static_assert(arena<bump>);

bump::~bump() {
    reset();
    trim();
}

ledger bump::read() const noexcept {
    EBB_CHECK(slack_ + dead_ <= occupied(), "ledger: more given back than handed out");
    EBB_CHECK(occupied() + overhead_ <= mapped_, "ledger: more handed out than mapped");
    ledger l;
    l.requested = requested();
    l.slack = slack_;
    l.dead = dead_;
    l.idle = mapped_ - overhead_ - occupied();
    l.overhead = overhead_;
    l.mapped = mapped_;
    l.peak = std::max(peak_, occupied());
    l.peak_requested = std::max(peak_requested_, requested());
    l.peak_mapped = std::max(peak_mapped_, mapped_);
    return l;
}

// An empty block's byte was slack. Less slack with the cursor where it was is more requested than
// the peaks have seen at that place, so that they are to be folded anew.
void bump::forget_slack_of_empty() noexcept {
    --slack_;
    top_ = 0;
}

void* bump::allocate_past_lane(std::size_t bytes, std::size_t alignment) {
    EBB_CHECK(is_alignment(alignment), "bump: alignment must be a power of two");
    const std::size_t slot = slot_of(bytes);
    if (current_ != nullptr && end_ != address_of(current_)) {
        // A block that is over-aligned or fills a lane alone begins where it likes: a line skipped
        // before each would be a page of padding, or one more at each pair of allocate and free.
        const std::size_t skipped = alignment < line_bytes && slot < lane_bytes ? line_bytes : 0;
        const std::uintptr_t block = align_up(cursor_ + skipped, alignment);
        if (block >= cursor_ && block < address_of(current_) &&
            slot <= address_of(current_) - block) {
            slack_ += block - cursor_ + slot - bytes;
            cursor_ = block + slot;
            end_ = lane_end(current_, cursor_);
            return reinterpret_cast<void*>(block);
        }
    }
    chunk* const c = take_chunk(slot, alignment);
    if (current_ != nullptr) {
        current_->left_at = cursor_;
    }
    c->before = current_;
    slack_ += slot - bytes;
    stand_at(c, begin_of(c) + slot, occupied() + slot);
    return reinterpret_cast<void*>(begin_of(c));
}

bump::chunk* bump::take_chunk(std::size_t bytes, std::size_t alignment) {
    const std::size_t needed = align_up(bytes + sizeof(chunk), alignof(std::max_align_t));
    const std::size_t page = os::page_size();
    const std::size_t whole = align_up(std::max(needed, next_chunk_bytes_), page);
    if (bytes > PTRDIFF_MAX - sizeof(chunk) - page) {
        throw std::bad_alloc();
    }
    for (chunk** at = &spare_; *at != nullptr; at = &(*at)->before) {
        chunk* const c = *at;
        if (c->bytes >= needed && (begin_of(c) & (alignment - 1)) == 0) {
            *at = c->before;
            spare_bytes_ -= c->bytes;
            return c;
        }
    }
    // Aligned to its size where another arena may take it next (chunks.h).
    chunk* const c = ask_for_chunk(whole, needed,
                                   std::max(alignment, whole == first_chunk_bytes ? whole : page));
    mapped_ += c->bytes;
    overhead_ += sizeof(chunk);
    next_chunk_bytes_ = std::min(2 * next_chunk_bytes_, max_chunk_bytes);
    return c;
}

// Of `bytes`, or, where the upstream has less, of half as many, and half of that, down to `least`.
bump::chunk* bump::ask_for_chunk(std::size_t bytes, std::size_t least, std::size_t alignment) {
    for (;;) {
        try {
            void* const memory = chunks::take(*upstream_, bytes, alignment);
            auto* const c = new (advance(memory, bytes - sizeof(chunk))) chunk;
            c->bytes = bytes;
            c->alignment = alignment;
            return c;
        } catch (const std::bad_alloc&) {
            if (bytes == least) {
                throw;
            }
            bytes = std::max(bytes / 2, least);
        }
    }
}

// Whoever lets a sum fall has folded before; the place of another chunk says nothing about `top_`.
void bump::stand_at(chunk* c, std::uintptr_t cursor, std::uint64_t occupied) noexcept {
    current_ = c;
    cursor_ = cursor;
    end_ = c == nullptr ? 0 : lane_end(c, cursor);
    base_ = occupied - cursor;
    top_ = 0;
}

// A mark remembers the ledger. When a block from before it is freed, what it remembers must change
// too, so that going back doesn't bring the block to life. From the newest mark to the oldest, with
// the chunks beside them, until the block turns out to be the newer.
void bump::tell_marks(std::uintptr_t block, std::size_t bytes) noexcept {
    const std::size_t slot = slot_of(bytes);
    const bool rolls_back = block + slot == cursor_;
    const chunk* c = current_;
    for (marker* m = marks_.front(); m != nullptr; m = marks_.next(m)) {
        for (; c != nullptr && c != m->chunk_; c = c->before) {
            if (lies_in(block, c)) {
                return;
            }
        }
        if (c != nullptr && lies_in(block, c) && block >= m->cursor_) {
            return;
        }
        m->slack_ -= slot - bytes;
        if (rolls_back) {
            m->occupied_ -= slot;
            m->cursor_ = block;
        } else {
            m->dead_ += slot;
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
    fold();
    retire_newer_than(m.chunk_);
    slack_ = m.slack_;
    dead_ = m.dead_;
    stand_at(m.chunk_, m.cursor_, m.occupied_);
}

void bump::reset() noexcept {
    while (marker* const m = marks_.front()) {
        marks_.remove(m);
        m->arena_ = nullptr;
    }
    fold();
    retire_newer_than(nullptr);
    slack_ = 0;
    dead_ = 0;
    stand_at(nullptr, 0, 0);
}

void bump::retire_newer_than(const chunk* kept) noexcept {
    std::size_t round_bytes = 0;
    chunk** at = &spare_;
    while (current_ != kept) {
        chunk* const c = current_;
        current_ = c->before;
        round_bytes += c->bytes;
        if (spare_bytes_ + c->bytes <= kept_bytes_) {
            c->before = *at;
            *at = c;
            at = &c->before;
            spare_bytes_ += c->bytes;
        } else {
            give_back(c);
        }
    }
    if (round_bytes != 0) {
        kept_bytes_ = std::max(round_bytes, max_chunk_bytes);
    }
}

void bump::give_back(chunk* c) noexcept {
    peak_mapped_ = std::max(peak_mapped_, mapped_);
    mapped_ -= c->bytes;
    overhead_ -= sizeof(chunk);
    // Rounds that give back what they took take like chunks each time.
    next_chunk_bytes_ = std::max(next_chunk_bytes_ / 2, first_chunk_bytes);
    chunks::give(*upstream_, reinterpret_cast<void*>(begin_of(c)), c->bytes, c->alignment);
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
        stand_at(c->before, cursor, occupied());
        give_back(c);
    }
    while (chunk* const c = spare_) {
        spare_ = c->before;
        give_back(c);
    }
    spare_bytes_ = 0;
    kept_bytes_ = max_chunk_bytes;
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
    std::uint64_t mapped = 0;
    std::uint64_t overhead = 0;
    for (const chunk* c = spare_; c != nullptr; c = c->before) {
        mapped += c->bytes;
        overhead += sizeof(chunk);
    }
    EBB_CHECK(mapped == spare_bytes_, "bump: spare chunks miscounted");
    std::uint64_t used = 0;
    std::uintptr_t cursor = cursor_;
    EBB_CHECK(current_ == nullptr ? end_ == 0 : cursor_ <= end_ && end_ <= address_of(current_),
              "bump: end is elsewhere");
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
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.mapped == mapped && l.overhead == overhead && l.occupied() == used,
              "bump: the ledger differs from what stands in the chunks");
}

} // namespace ebb
