#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/arena/large_blocks.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace ebb {

std::size_t large_blocks::home_of(const void* block) const noexcept {
    // Fibonacci hashing: pages in a row spread over the table. Knuth, TAOCP 3, 6.4.
    constexpr std::uint64_t golden = 0x9E37'79B9'7F4A'7C15U;
    return static_cast<std::size_t>((address_of(block) >> 12U) * golden >> 32U) & (capacity_ - 1);
}

std::size_t large_blocks::find(const void* p) const noexcept {
    if (capacity_ == 0 || (address_of(p) & tag_mask) != 0) {
        return capacity_;
    }
    for (std::size_t i = home_of(p);; i = (i + 1) & (capacity_ - 1)) {
        if (table_[i].is_empty()) {
            return capacity_;
        }
        if (table_[i].block() == p) {
            return i;
        }
    }
}

void large_blocks::insert(entry e) noexcept {
    std::size_t i = home_of(e.block());
    while (!table_[i].is_empty()) {
        i = (i + 1) & (capacity_ - 1);
    }
    table_[i] = e;
}

void large_blocks::make_room() {
    if (capacity_ != 0 && (count_ + 1) * 4 <= capacity_ * 3) {
        return;
    }
    const std::size_t wider = capacity_ == 0 ? os::page_size() / sizeof(entry) : capacity_ * 2;
    auto* const fresh =
        static_cast<entry*>(chunks::ask(*upstream_, wider * sizeof(entry), os::page_size()));
    std::fill_n(fresh, wider, entry{});
    counts_->map(wider * sizeof(entry), wider * sizeof(entry));
    entry* const old = std::exchange(table_, fresh);
    const std::size_t old_capacity = std::exchange(capacity_, wider);
    for (std::size_t i = 0; i < old_capacity; ++i) {
        if (!old[i].is_empty()) {
            insert(old[i]);
        }
    }
    if (old != nullptr) {
        counts_->unmap(old_capacity * sizeof(entry), old_capacity * sizeof(entry));
        upstream_->deallocate(old, old_capacity * sizeof(entry), os::page_size());
    }
}

bool large_blocks::serves(std::size_t has, std::size_t wanted) const noexcept {
    return has >= wanted && has - wanted <= (keeps_.part == 0 ? 0 : has / keeps_.part);
}

large_blocks::taken large_blocks::take(std::size_t bytes, std::size_t alignment) {
    alignment = std::max(alignment, os::page_size());
    entry* kept = nullptr; // the smallest that serves
    for (std::size_t i = 0; i < idle_count_; ++i) {
        entry& one = idle_[i];
        if (serves(one.bytes, bytes) && one.alignment() >= alignment &&
            (kept == nullptr || one.bytes < kept->bytes)) {
            kept = &one;
        }
    }
    entry e;
    if (kept != nullptr) {
        make_room();
        e = forget_idle(static_cast<std::size_t>(kept - idle_.data()));
    } else {
        void* const p = chunks::ask(*upstream_, bytes, alignment);
        try {
            make_room();
        } catch (...) {
            upstream_->deallocate(p, bytes, alignment);
            throw;
        }
        counts_->map(bytes, 0);
        e = {address_of(p) | static_cast<std::uintptr_t>(std::countr_zero(alignment)), bytes};
        if (returned_bytes_ >= bytes) {
            returned_bytes_ -= bytes;
            keep_bytes_ = std::max(keep_bytes_, std::min(keep_bytes_ + bytes, keeps_.most_bytes));
        }
    }
    insert(e);
    ++count_;
    bytes_ += e.bytes;
    return {e.block(), e.bytes, kept == nullptr};
}

large_blocks::entry& large_blocks::live_entry(void* p, std::size_t bytes) noexcept {
    const std::size_t i = find(p);
    EBB_CHECK_AT(i != capacity_, "deallocate: freed before, or not a block of this arena", p);
    EBB_CHECK_AT(!table_[i].is_retired(), "deallocate: freed before", p);
    EBB_CHECK_AT(serves(table_[i].bytes, bytes), "deallocate: a block of another size", p);
    return table_[i];
}

void large_blocks::erase(std::size_t index) noexcept {
    const std::size_t mask = capacity_ - 1;
    --count_;
    bytes_ -= table_[index].bytes;
    // The entries behind move up where that shortens their way: no tombstones.
    for (std::size_t i = (index + 1) & mask; !table_[i].is_empty(); i = (i + 1) & mask) {
        const std::size_t home = home_of(table_[i].block());
        if (((i - home) & mask) >= ((i - index) & mask)) {
            table_[index] = table_[i];
            index = i;
        }
    }
    table_[index] = {};
}

void large_blocks::give_back(const entry& e) noexcept {
    counts_->unmap(e.bytes, 0);
    upstream_->deallocate(e.block(), e.bytes, e.alignment());
}

std::size_t large_blocks::give(void* p, std::size_t bytes) noexcept {
    entry& found = live_entry(p, bytes);
    const entry e = found;
    erase(static_cast<std::size_t>(&found - table_));
    if (!keep(e)) {
        returned_bytes_ += e.bytes;
        give_back(e);
    }
    return e.bytes;
}

void large_blocks::retire(void* p, std::size_t bytes) noexcept {
    live_entry(p, bytes).tagged |= retired_bit;
    ++retired_count_;
}

std::size_t large_blocks::reclaim() noexcept {
    std::size_t reclaimed = 0;
    for (std::size_t i = 0; retired_count_ != 0;) {
        // Erasing may move a later entry here, and one from the end round to the front: both are
        // still ahead, the latter by another turn.
        if (!table_[i].is_empty() && table_[i].is_retired()) {
            const entry e = table_[i];
            erase(i);
            if (!keep(e)) {
                give_back(e);
            }
            reclaimed += e.bytes;
            --retired_count_;
        } else {
            i = (i + 1) & (capacity_ - 1);
        }
    }
    return reclaimed;
}

bool large_blocks::keep(const entry& e) noexcept {
    if (e.bytes > keep_bytes_) {
        return false;
    }
    // The one that waited longest goes: sizes that nobody asks for would fill the room else.
    while (idle_count_ == idle_.size() || idle_bytes_ > keep_bytes_ - e.bytes) {
        returned_bytes_ += idle_[0].bytes;
        give_back(forget_idle(0));
    }
    idle_[idle_count_] = {e.tagged & ~retired_bit, e.bytes};
    ++idle_count_;
    idle_bytes_ += e.bytes;
    return true;
}

// Out of the idle blocks; the others stay in their order.
large_blocks::entry large_blocks::forget_idle(std::size_t index) noexcept {
    const entry e = idle_[index];
    std::copy(idle_.data() + index + 1, idle_.data() + idle_count_, idle_.data() + index);
    --idle_count_;
    idle_bytes_ -= e.bytes;
    return e;
}

void large_blocks::give_idle_back() noexcept {
    while (idle_count_ != 0) {
        give_back(forget_idle(idle_count_ - 1));
    }
}

void large_blocks::free_table() noexcept {
    if (table_ != nullptr) {
        counts_->unmap(table_bytes(), table_bytes());
        upstream_->deallocate(table_, table_bytes(), os::page_size());
        table_ = nullptr;
        capacity_ = 0;
    }
}

void large_blocks::clear() noexcept {
    for (std::size_t i = 0; i < capacity_; ++i) {
        if (!table_[i].is_empty()) {
            give_back(table_[i]);
        }
    }
    count_ = 0;
    retired_count_ = 0;
    bytes_ = 0;
    give_idle_back();
    free_table();
}

void large_blocks::trim() noexcept {
    give_idle_back();
    keep_bytes_ = keeps_.bytes;
    returned_bytes_ = 0;
    if (count_ == 0) {
        free_table();
    }
}

void large_blocks::validate() const {
    std::size_t count = 0;
    std::size_t retired = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < capacity_; ++i) {
        const entry& e = table_[i];
        if (e.is_empty()) {
            continue;
        }
        EBB_CHECK_AT(find(e.block()) == i, "large_blocks: a block that look-ups miss", e.block());
        ++count;
        retired += e.is_retired() ? 1 : 0;
        bytes += e.bytes;
    }
    EBB_CHECK(count == count_ && retired == retired_count_ && bytes == bytes_,
              "large_blocks: the table and its sums differ");
    EBB_CHECK(count * 4 <= capacity_ * 3, "large_blocks: overfull");
}

} // namespace ebb
