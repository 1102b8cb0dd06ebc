// The kernel's word on the heap's pages, against what stands on them.
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>

namespace ebb::engine {
namespace {

constexpr std::size_t most_pages = 4096; // asked about in one call: 16 MiB of 4 KiB pages

// Looks at the heap from its lowest address up, a span or a run of free blocks at a time.
class walk {
  public:
    /// False where another thread's fork didn't end: whoever asks may hold what that waits for.
    [[nodiscard]] bool look(ebb_resident& sum) noexcept {
        for (std::uintptr_t at = spans.next(0); at != 0;) {
            piece here;
            if (!find(at, here)) {
                return false;
            }
            const std::size_t stride = most_pages * os::page_size();
            for (std::size_t from = 0; from < here.bytes; from += stride) {
                add(at + from, std::min(stride, here.bytes - from), out_ + here.first_page, sum);
            }
            at = spans.next(at + std::max(here.bytes, block_bytes));
        }
        return true;
    }

  private:
    struct piece {
        std::size_t bytes = 0; // none where it isn't any more what it was
        std::size_t first_page = 0;
    };

    // What has an entry at that address, and which of its pages are out.
    [[nodiscard]] bool find(std::uintptr_t address, piece& found) noexcept {
        constexpr int most_tries = 10'000;
        for (int i = 0; i < most_tries; ++i) {
            if (const slow_call here; here) { // for the bin's lock, or the page heap's
                found = find_now(address);
                return true;
            }
            os::yield();
        }
        return false;
    }

    piece find_now(std::uintptr_t address) noexcept {
        const std::size_t tag = spans.find(address).tag();
        if (tag - 1 < bin_count - 1) {
            const auto in_bin = central[tag].pages_out(tag, address, out_);
            const std::size_t skip =
                in_bin.bytes == 0 ? 0 : address - in_bin.base; // it came just now
            return {in_bin.bytes - skip, skip / os::page_size()};
        }
        const auto at = page_heap::extent_at(address);
        std::memset(out_, at.live ? 1 : 0, sizeof out_);
        return {at.bytes, 0};
    }

    // Pages that lie side by side, at most most_pages.
    void add(std::uintptr_t address, std::size_t bytes, const unsigned char* out,
             ebb_resident& sum) noexcept {
        os::resident_pages(reinterpret_cast<void*>(address), bytes, in_core_);
        for (std::size_t i = 0; i < bytes / os::page_size(); ++i) {
            const std::uint64_t here = in_core_[i] != 0 ? os::page_size() : 0;
            sum.resident += here;
            (out[i] != 0 ? sum.live : sum.idle) += here;
        }
    }

    unsigned char in_core_[most_pages];
    unsigned char out_[most_pages];
};

} // namespace

ebb_resident read_resident() noexcept {
    ebb_resident sum{};
    if (!walk().look(sum)) {
        std::memset(&sum, 0xff, sizeof sum); // EBB_ABSENT, in every member
        return sum;
    }
    sum.overhead = metadata::resident();
    sum.mapped = regions::mapped() + metadata::mapped();
    sum.resident += sum.overhead;
    return sum;
}

} // namespace ebb::engine
