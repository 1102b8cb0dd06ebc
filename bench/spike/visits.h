// Who came in what order: a ring of ids, the queue that both caches evict by.
//
// The same for all layouts and no part of what is measured: mapped and touched before the baseline
// of resident memory is read, never larger afterwards. 8 bytes a visit of the busiest hour.
#pragma once

#include <ebb/alloc/base/check.h>

#include <sys/mman.h>

#include <bit>
#include <cstdint>
#include <new>

namespace ebb::bench {

class visits {
  public:
    /// Throws std::bad_alloc.
    explicit visits(std::uint64_t most) : capacity_(std::bit_ceil(most)) {
        void* const p = ::mmap(nullptr, capacity_ * sizeof *ids_, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (p == MAP_FAILED) {
            throw std::bad_alloc();
        }
        ids_ = static_cast<std::int64_t*>(p);
    }
    visits(const visits&) = delete;
    visits& operator=(const visits&) = delete;
    ~visits() { ::munmap(ids_, capacity_ * sizeof *ids_); }

    /// The number that the next visit gets; they count from 0.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    [[nodiscard]] std::int64_t operator[](std::uint64_t visit) const noexcept {
        EBB_CHECK(visit < end_ && end_ - visit <= capacity_, "visits: older than the ring is long");
        return ids_[visit & (capacity_ - 1)];
    }
    void add(std::int64_t id) noexcept { ids_[end_++ & (capacity_ - 1)] = id; }

  private:
    std::uint64_t capacity_;
    std::int64_t* ids_ = nullptr;
    std::uint64_t end_ = 0;
};

} // namespace ebb::bench
