// The kernel's word on the heap's pages, against what stands on them.
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>

namespace ebb::engine {
namespace {

constexpr std::size_t most_pages = 4096; // asked about in one call: 16 MiB of 4 KiB pages

// Looks at a region from front to back, a span or a run of free blocks at a time.
class region_walk {
  public:
    explicit region_walk(ebb_resident& sum) noexcept : sum_(sum) {}

    void look(std::uintptr_t base, std::size_t bytes) noexcept {
        const std::size_t stride = most_pages * os::page_size();
        for (std::size_t at = 0; at < bytes; at += stride) {
            const std::size_t length = std::min(stride, bytes - at);
            os::resident_pages(reinterpret_cast<void*>(base + at), length, in_core_);
            classify(base + at, length);
        }
        sum_.mapped += bytes;
    }

  private:
    void classify(std::uintptr_t base, std::size_t bytes) noexcept {
        const std::size_t page = os::page_size();
        for (std::size_t at = 0; at < bytes;) {
            const std::size_t bin = spans.find(base + at).tag();
            const std::size_t left = bytes - at;
            central_bin::extent in_bin;
            if (bin - 1 < bin_count - 1) {
                in_bin = central[bin].pages_out(bin, base + at, out_);
            }
            if (in_bin.bytes != 0) {
                const std::size_t skip = base + at - in_bin.base; // it may begin before this stride
                const std::size_t length = std::min(in_bin.bytes - skip, left);
                add(in_core_ + at / page, out_ + skip / page, length / page);
                at += length;
                live_until_ = 0;
            } else {
                if (bin == page_entry::large) {
                    live_until_ = base + at + page_heap::live_at(base + at);
                }
                const unsigned char out = base + at < live_until_ ? 1 : 0;
                std::fill_n(out_, block_bytes / page, out);
                add(in_core_ + at / page, out_, block_bytes / page);
                at += block_bytes;
            }
        }
    }

    void add(const unsigned char* in_core, const unsigned char* out, std::size_t count) noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t bytes = in_core[i] != 0 ? os::page_size() : 0;
            sum_.resident += bytes;
            (out[i] != 0 ? sum_.live : sum_.idle) += bytes;
        }
    }

    ebb_resident& sum_;
    std::uintptr_t live_until_ = 0; // the end of the large block that this address lies in
    unsigned char in_core_[most_pages];
    unsigned char out_[mib / 4096]; // the pages of the largest span of slots
};

} // namespace

ebb_resident read_resident() noexcept {
    ebb_resident sum{};
    region_walk walk(sum);
    regions::for_each([](void* w, std::uintptr_t base,
                         std::size_t bytes) { static_cast<region_walk*>(w)->look(base, bytes); },
                      &walk);
    sum.overhead = metadata::resident();
    sum.mapped += metadata::mapped();
    sum.resident += sum.overhead;
    return sum;
}

} // namespace ebb::engine
