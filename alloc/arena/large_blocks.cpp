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
        static_cast<entry*>(upstream_->allocate(wider * sizeof(entry), os::page_size()));
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

large_blocks::taken large_blocks::take(std::size_t bytes, std::size_t alignment) {
    alignment = std::max(alignment, os::page_size());
    entry* const end = idle_.data() + idle_count_;
    entry* const kept = std::find_if(idle_.data(), end, [&](const entry& e) {
        return e.bytes == bytes && e.alignment() >= alignment;
    });
    entry e;
    if (kept != end) {
        make_room();
        e = *kept;
        *kept = idle_[--idle_count_];
        idle_bytes_ -= bytes;
    } else {
        void* const p = upstream_->allocate(bytes, alignment);
        try {
            make_room();
        } catch (...) {
            upstream_->deallocate(p, bytes, alignment);
            throw;
        }
        counts_->map(bytes, 0);
        e = {address_of(p) | static_cast<std::uintptr_t>(std::countr_zero(alignment)), bytes};
    }
    insert(e);
    ++count_;
    bytes_ += bytes;
    return {e.block(), kept == end};
}

large_blocks::entry& large_blocks::live_entry(void* p, std::size_t bytes) noexcept {
    const std::size_t i = find(p);
    EBB_CHECK_AT(i != capacity_, "deallocate: freed before, or not a block of this arena", p);
    EBB_CHECK_AT(!table_[i].is_retired(), "deallocate: freed before", p);
    EBB_CHECK_AT(table_[i].bytes == bytes, "deallocate: a block of another size", p);
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

void large_blocks::give(void* p, std::size_t bytes) noexcept {
    entry& found = live_entry(p, bytes);
    const entry e = found;
    erase(static_cast<std::size_t>(&found - table_));
    give_back(e);
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
    if (idle_count_ == idle_.size() || e.bytes > keep_bytes_ - idle_bytes_) {
        return false;
    }
    idle_[idle_count_] = {e.tagged & ~retired_bit, e.bytes};
    ++idle_count_;
    idle_bytes_ += e.bytes;
    return true;
}

void large_blocks::give_idle_back() noexcept {
    while (idle_count_ != 0) {
        give_back(idle_[--idle_count_]);
    }
    idle_bytes_ = 0;
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
