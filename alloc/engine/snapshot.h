// The ledger over the whole heap, its size classes, and the kernel's word on its pages.
//
// A ledger is sums of what threads wrote and a few central numbers: no lock, no allocation, safe in
// a signal handler, a cache line a thread. `idle` is what is left of mapped; validate() finds it a
// second time by walking everything.
#pragma once

#include <ebb/alloc/ledger/ebb.h>
#include <ebb/alloc/ledger/ledger.h>

#include <cstddef>

namespace ebb::engine {

[[nodiscard]] ebb_ledger read_ledger() noexcept;

/// Writes up to `capacity` classes and returns how many there are: the slots', then large blocks.
std::size_t read_classes(ebb_heap_class* out, std::size_t capacity) noexcept;

/// Asks the kernel about every page. Cost: mincore, milliseconds a GiB.
[[nodiscard]] ebb_resident read_resident() noexcept;

/// Walks all structures and stops the program where one breaks its invariants or the two roads to
/// `idle` differ. Stops the other threads meanwhile.
void validate() noexcept;

} // namespace ebb::engine
