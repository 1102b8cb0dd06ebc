// The C face over counters: what ebb_heap_ledger, ebb_heap_classes and ebb_heap_resident tell of a
// malloc that isn't ours. ebb.h comes with it.
//
// Exact: allocations, frees, usable; requested, slack (usable less requested) and peak_requested as
// long as every remainder stands (counted/remainders.h). Absent: dead, idle, overhead, mapped and
// peak_mapped, which a foreign malloc doesn't tell; everything where the program's own malloc
// answers before us.
// A class is what blocks of one usable size make up, up to 1,024 bytes; the last entry has the
// rest. Threads, signals, errno: as ebb.h says; none of these takes a lock.
#pragma once

#include <ebb/alloc/ledger/ebb.h>

namespace ebb::counted {

int read_ledger(ebb_ledger* out, size_t size) noexcept;
int read_classes(ebb_heap_class* out, size_t size, size_t capacity, size_t* count) noexcept;
int read_resident(ebb_resident* out, size_t size) noexcept;

} // namespace ebb::counted
