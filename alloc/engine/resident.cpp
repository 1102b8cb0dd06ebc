// The kernel's word on the heap's pages, against what stands on them.
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>

namespace ebb::engine {
namespace {

constexpr std::size_t most_pages = 4096; // asked about in one call: 16 MiB of 4 KiB pages

// Looks at the heap from its lowest address up, a span or a run of free blocks at a time.
class walk {
  public:
    void look(ebb_resident& sum) noexcept {
        for (std::uintptr_t at = spans.next(0); at != 0;) {
            at = spans.next(look_at(at, sum));
        }
    }

  private:
    // What has an entry at that address. Returns where it ends.
    std::uintptr_t look_at(std::uintptr_t address, ebb_resident& sum) noexcept {
        const std::size_t tag = spans.find(address).tag();
        slow_call here; // for the bin's lock, or the page heap's
        here.wait();
        if (tag - 1 < bin_count - 1) {
            if (const auto in_bin = central[tag].pages_out(tag, address, out_); in_bin.bytes != 0) {
                const std::size_t skip = address - in_bin.base; // it may have come just now
                add(address, in_bin.bytes - skip, out_ + skip / os::page_size(), sum);
                return in_bin.base + in_bin.bytes;
            }
        } else if (const auto at = page_heap::extent_at(address); at.bytes != 0) {
            const std::size_t stride = most_pages * os::page_size();
            std::memset(out_, at.live ? 1 : 0, sizeof out_);
            for (std::size_t from = 0; from < at.bytes; from += stride) {
                add(address + from, std::min(stride, at.bytes - from), out_, sum);
            }
            return address + at.bytes;
        }
        return address + block_bytes; // it isn't any more what it was
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
    walk().look(sum);
    sum.overhead = metadata::resident();
    sum.mapped = regions::mapped() + metadata::mapped();
    sum.resident += sum.overhead;
    return sum;
}

} // namespace ebb::engine
