// Where blocks began that went back to the system with their addresses: so that who frees one of
// them once more is told of a double free.
//
// The page map says it, for the latest of them; then the place is nobody's, as all that were never
// the heap's. Cost: a store in the page map; a look at all that are kept for each mapping that
// comes. Threads: guarded by the page heap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

class gone_runs {
  public:
    /// Before the addresses go, and somebody else may get them.
    void add(std::uintptr_t base) noexcept;

    /// These addresses are the heap's again, or still.
    void forget(std::uintptr_t base, std::size_t bytes) noexcept;

  private:
    static constexpr std::size_t kept = 64;
    static void forget(std::uintptr_t& place) noexcept;

    std::uintptr_t bases_[kept] = {};
    std::size_t next_ = 0;
};

} // namespace ebb::engine
