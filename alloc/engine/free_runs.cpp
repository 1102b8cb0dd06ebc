#include <ebb/alloc/engine/free_runs.h>

#include <bit>
#include <iterator>

namespace ebb::engine {
namespace {

bool fits(const span& run, std::size_t blocks, std::size_t alignment_blocks) noexcept {
    const std::size_t before = align_up(run.base, alignment_blocks * block_bytes) - run.base;
    return before / block_bytes + blocks <= run.blocks;
}

} // namespace

std::size_t free_runs::list_of(std::size_t blocks) noexcept {
    if (blocks < exact) {
        return blocks;
    }
    const auto shift = static_cast<std::size_t>(std::bit_width(blocks)) - 4;
    return exact + (shift - 3) * 8 + (blocks >> shift) - 8;
}

void free_runs::insert(span* run) noexcept {
    const std::size_t list = list_of(run->blocks);
    lists_[list].push_front(run);
    filled_[list / 64] |= std::uint64_t{1} << (list % 64);
    blocks_ += run->blocks;
}

void free_runs::remove(span* run) noexcept {
    const std::size_t list = list_of(run->blocks);
    lists_[list].remove(run);
    if (lists_[list].empty()) {
        filled_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
    }
    blocks_ -= run->blocks;
}

span* free_runs::find(std::size_t blocks, std::size_t alignment_blocks) const noexcept {
    // In a list, runs may be too short (above 64 blocks) or lie badly; after so many looks a
    // longer run is cut instead.
    constexpr int looks = 32;
    std::size_t list = list_of(blocks);
    while (list < list_count) {
        const std::uint64_t word = filled_[list / 64] >> (list % 64);
        if (word == 0) {
            list = (list / 64 + 1) * 64;
            continue;
        }
        list += static_cast<std::size_t>(std::countr_zero(word));
        int seen = 0;
        for (span* s = lists_[list].front(); s != nullptr && seen < looks;
             s = lists_[list].next(s), ++seen) {
            if (fits(*s, blocks, alignment_blocks)) {
                return s;
            }
        }
        ++list;
    }
    return nullptr;
}

span* free_runs::longest() const noexcept {
    for (std::size_t word = std::size(filled_); word-- > 0;) {
        if (filled_[word] != 0) {
            return lists_[word * 64 + 63 -
                          static_cast<std::size_t>(std::countl_zero(filled_[word]))]
                .front();
        }
    }
    return nullptr;
}

} // namespace ebb::engine
