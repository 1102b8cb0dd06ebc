#include <ebb/alloc/arena/chunk_book.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace ebb {

std::size_t chunk_book::head_bytes(std::uint32_t most) noexcept {
    return align_up((std::size_t{most} + 63) / 64 * 8 + std::size_t{most} * 4, 4096);
}

std::uint32_t chunk_book::most_in(std::size_t largest) const noexcept {
    std::size_t most = std::min<std::size_t>(largest / chunk_bytes_, most_owners);
    while (most > 1 && head_bytes(bounded<std::uint32_t>(most)) + most * chunk_bytes_ > largest) {
        --most;
    }
    return bounded<std::uint32_t>(most);
}

std::size_t chunk_book::bytes() const noexcept {
    std::size_t sum = 0;
    for (unsigned n = 0; n < count_; ++n) {
        sum += bytes(blocks_[n], blocks_[n].end);
    }
    return sum;
}

std::uint32_t chunk_book::index(const block& b, const void* run) const noexcept {
    return bounded<std::uint32_t>(distance_bytes(chunk(b, 0), run) / chunk_bytes_);
}

// The largest hold the most.
unsigned chunk_book::find(const void* p) const noexcept {
    for (unsigned n = count_; n-- > 0;) {
        if (distance_bytes(blocks_[n].at, p) < blocks_[n].largest) {
            return n;
        }
    }
    return count_;
}

/// The first chunk from `from` on that is free, or that isn't; `end` if there is none.
std::uint32_t chunk_book::next(const block& b, std::uint32_t from, bool is_free) noexcept {
    if (from >= b.end) {
        return b.end;
    }
    const std::uint64_t flip = is_free ? 0 : ~std::uint64_t{0};
    std::uint32_t word = from / 64;
    std::uint64_t left = (bits(b)[word] ^ flip) & ~std::uint64_t{0} << from % 64;
    while (left == 0 && (word + 1) * 64 < b.end) {
        left = bits(b)[++word] ^ flip;
    }
    if (left == 0) {
        return b.end;
    }
    return std::min(word * 64 + bounded<std::uint32_t>(std::countr_zero(left)), b.end);
}

/// One more than the last chunk that is used.
std::uint32_t chunk_book::top(const block& b) noexcept {
    for (std::uint32_t word = (b.end + 63) / 64; word-- > 0;) {
        const std::uint32_t above = std::min<std::uint32_t>(b.end - word * 64, 64);
        const std::uint64_t all = above == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << above) - 1;
        if (const std::uint64_t taken = ~bits(b)[word] & all; taken != 0) {
            return word * 64 + bounded<std::uint32_t>(std::bit_width(taken));
        }
    }
    return 0;
}

/// The first of the lowest free chunks in a row, below `before`, or `before` if there are none.
std::uint32_t chunk_book::free_run(block& b, std::uint32_t count, std::uint32_t before) noexcept {
    b.low = next(b, b.low, true);
    for (std::uint32_t i = b.low; i < before;) {
        const std::uint32_t used = count == 1 ? i + 1 : next(b, i, false);
        if (used - i >= count && i + count <= before) {
            return i;
        }
        i = next(b, used, true);
    }
    return before;
}

void chunk_book::mark(block& b, std::uint32_t first, std::uint32_t count, bool is_free) noexcept {
    for (std::uint32_t i = first; i < first + count; ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i % 64;
        bits(b)[i / 64] = is_free ? bits(b)[i / 64] | bit : bits(b)[i / 64] & ~bit;
    }
}

void chunk_book::put(block& b, std::uint32_t first, std::uint32_t count,
                     std::uint32_t owner) noexcept {
    mark(b, first, count, false);
    owners(b)[first] = owner;
    std::fill_n(owners(b) + first + 1, count - 1, further);
    b.free -= count;
    free_ -= count;
    used_ += count;
}

void* chunk_book::take(std::uint32_t count, std::uint32_t owner) noexcept {
    for (unsigned n = 0; n < count_; ++n) {
        block& b = blocks_[n];
        if (b.free < count) {
            continue;
        }
        if (const std::uint32_t i = free_run(b, count, b.end); i != b.end) {
            put(b, i, count, owner);
            return chunk(b, i);
        }
    }
    return nullptr;
}

chunk_book::growth chunk_book::wanted(std::uint32_t count) const noexcept {
    for (unsigned n = 0; n < count_; ++n) {
        const block& b = blocks_[n];
        const std::uint32_t from = b.free == 0 ? b.end : top(b);
        if (b.most - from >= count && b.end - from < count) {
            return {n, from + count};
        }
    }
    return {count_, count};
}

std::size_t chunk_book::largest_for(std::uint32_t count) const noexcept {
    std::size_t largest = count_ == 0 ? std::max(first_largest, std::bit_ceil(chunk_bytes_ * 16))
                                      : blocks_[count_ - 1].largest * 2;
    while (most_in(largest) < count) {
        largest *= 2;
    }
    return largest;
}

std::size_t chunk_book::first_bytes(std::size_t largest, std::uint32_t count) const noexcept {
    return head_bytes(most_in(largest)) + count * chunk_bytes_;
}

void chunk_book::add(void* at, std::size_t largest, std::uint32_t count) noexcept {
    EBB_CHECK(count_ < most_blocks, "chunk_book: more blocks than there are addresses");
    block& b = blocks_[count_++];
    b = {static_cast<std::byte*>(at), largest, most_in(largest), 0, 0, 0};
    std::memset(bits(b), 0, (b.most + 63) / 64 * 8);
    extend({count_ - 1, count});
}

void chunk_book::extend(const growth& by) noexcept {
    block& b = blocks_[by.block];
    const std::uint32_t more = by.end - b.end;
    const std::uint32_t first = b.end;
    b.end = by.end;
    mark(b, first, more, true);
    std::fill_n(owners(b) + first, more, nobody);
    b.low = b.free == 0 ? first : b.low;
    b.free += more;
    free_ += more;
}

void chunk_book::give(void* run, std::uint32_t count) noexcept {
    block& b = blocks_[find(run)];
    const std::uint32_t first = index(b, run);
    EBB_ASSERT(owners(b)[first] < most_owners, "chunk_book: a run that nobody has is given back");
    mark(b, first, count, true);
    std::fill_n(owners(b) + first, count, nobody);
    b.low = std::min(b.low, first);
    b.free += count;
    free_ += count;
    used_ -= count;
}

void chunk_book::set_owner(void* run, std::uint32_t owner) noexcept {
    const block& b = blocks_[find(run)];
    owners(b)[index(b, run)] = owner;
}

std::uint32_t chunk_book::owner_of(const void* run) const noexcept {
    const block& b = blocks_[find(run)];
    return owners(b)[index(b, run)];
}

void chunk_book::pack(std::size_t keep, std::size_t most, mover move, void* of) noexcept {
    for (unsigned n = count_; n-- > 0;) {
        block& b = blocks_[n];
        for (;;) {
            const std::uint32_t last = top(b);
            if (last == 0) {
                break; // on with the block before it
            }
            // As much as is wanted lies at the end, or all.
            std::size_t behind = b.end - last;
            for (unsigned i = n + 1; i < count_; ++i) {
                behind += blocks_[i].end;
            }
            if (behind + keep >= free_) {
                return;
            }
            std::uint32_t first = last - 1;
            while (owners(b)[first] == further) {
                --first;
            }
            const std::uint32_t count = last - first;
            if (count > most) {
                return;
            }
            unsigned to = 0;
            std::uint32_t place = 0;
            for (;; ++to) {
                if (to > n) {
                    return; // none fits
                }
                const std::uint32_t before = to == n ? first : blocks_[to].end;
                if (blocks_[to].free >= count &&
                    (place = free_run(blocks_[to], count, before)) < before) {
                    break;
                }
            }
            most -= count;
            const std::uint32_t owner = owners(b)[first];
            put(blocks_[to], place, count, owner);
            move(of, owner, chunk(b, first), chunk(blocks_[to], place), count);
            give(chunk(b, first), count);
        }
    }
}

/// The hole from which on the fewest chunks lie between holes of `count` in all; the end if there
/// is none. Looks at so many holes.
std::uint32_t chunk_book::best_window(const block& b, std::uint32_t count) noexcept {
    std::uint32_t best = b.end;
    std::uint32_t best_cost = ~std::uint32_t{0};
    std::uint32_t first = next(b, b.low, true); // of the window's holes
    std::uint32_t free = 0;
    std::uint32_t cost = 0;
    std::uint32_t hole = first;
    for (unsigned holes = 0; holes < 128 && hole < b.end; ++holes) {
        const std::uint32_t used = next(b, hole, false);
        free += used - hole;
        for (;;) {
            const std::uint32_t after = next(b, first, false);
            if (first == hole || free - (after - first) < count) {
                break;
            }
            const std::uint32_t second = next(b, after, true);
            free -= after - first;
            cost -= second - after;
            first = second;
        }
        if (free >= count && cost < best_cost) {
            best = first;
            best_cost = cost;
        }
        hole = next(b, used, true);
        cost += hole - used;
    }
    return best;
}

void chunk_book::slide(std::uint32_t count, mover move, void* of) noexcept {
    for (unsigned n = 0; n < count_; ++n) {
        block& b = blocks_[n];
        if (b.free >= count && free_run(b, count, b.end) != b.end) {
            return;
        }
    }
    for (unsigned n = 0; n < count_; ++n) {
        block& b = blocks_[n];
        std::uint32_t to = b.free < count ? b.end : best_window(b, count);
        if (to == b.end) {
            continue;
        }
        for (;;) {
            const std::uint32_t first = next(b, to, false);
            if (first - to >= count || first == b.end) {
                return;
            }
            std::uint32_t last = first + 1;
            while (last < b.end && owners(b)[last] == further) {
                ++last;
            }
            const std::uint32_t run = last - first;
            const std::uint32_t owner = owners(b)[first];
            give(chunk(b, first), run);
            put(b, to, run, owner);
            move(of, owner, chunk(b, first), chunk(b, to), run);
            to += run;
        }
    }
}

std::uint32_t chunk_book::end_without(std::size_t keep) const noexcept {
    const block& b = blocks_[count_ - 1];
    const std::size_t too_many = free_ > keep ? free_ - keep : 0;
    return bounded<std::uint32_t>(
        std::max<std::size_t>(top(b), b.end - std::min<std::size_t>(too_many, b.end)));
}

void chunk_book::shorten(std::uint32_t end) noexcept {
    block& b = blocks_[count_ - 1];
    const std::uint32_t fewer = b.end - end;
    mark(b, end, fewer, false);
    b.free -= fewer;
    free_ -= fewer;
    b.end = end;
    b.low = std::min(b.low, end);
    count_ -= end == 0 ? 1 : 0;
}

void chunk_book::validate() const {
    std::size_t free = 0;
    std::size_t used = 0;
    for (unsigned n = 0; n < count_; ++n) {
        const block& b = blocks_[n];
        EBB_CHECK(b.end <= b.most, "chunk_book: a block has more chunks than room");
        std::uint32_t of_block = 0;
        for (std::uint32_t i = 0; i < b.end; ++i) {
            const bool is_free = (bits(b)[i / 64] >> i % 64 & 1) != 0;
            EBB_CHECK(is_free == (owners(b)[i] == nobody), "chunk_book: a free chunk has an owner");
            EBB_CHECK(!is_free || i >= b.low, "chunk_book: a free chunk is overlooked");
            EBB_CHECK(owners(b)[i] != further || (i != 0 && owners(b)[i - 1] != nobody),
                      "chunk_book: a run without its first chunk");
            of_block += is_free ? 1 : 0;
        }
        EBB_CHECK(of_block == b.free, "chunk_book: a block's free chunks are miscounted");
        free += of_block;
        used += b.end - of_block;
    }
    EBB_CHECK(free == free_ && used == used_, "chunk_book: chunks are miscounted");
}

} // namespace ebb
