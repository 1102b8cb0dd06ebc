// What other threads' records have in part at a fork, finished or undone in the child.
//
// A record says each thing twice, by class and in all, and a thread that counts a block says which
// class it is at work on (`doing`). It makes its stores in this order, and a child sees a prefix:
//
//     charge: doing | classless bytes | class: blocks | class: requested | usable | requested |
//             calls | doing is 0
//     refund: doing | class: requested | classless bytes | class: blocks | requested | usable |
//             calls | doing is 0
//
// So the differences between the classes' sums and the totals tell how far it came. What the
// classes have whole is finished, the rest undone: each block is counted wholly or not at all.
//
// Threads: the one of the child.
#pragma once

#include <ebb/alloc/counted/counters.h>

namespace ebb::counted {

/// Cost: a look at two words, and at each class where something was under way.
void mend(record& r) noexcept;

} // namespace ebb::counted
