// What a program does with its memory, whatever world it lives in: every block has its bytes,
// calloc gives zeroes, the ledger adds up, threads come and go, children are forked.
#pragma once

#include <ebb/ebb.h>

namespace tests {

/// Ends the process with 1 and says why.
[[noreturn]] void give_up(const char* what);

/// Blocks of all sizes that come, grow, shrink and go, with a look at every one's bytes.
void use_blocks();

/// The same, zeroes, and what is free given back.
void use_alone();

/// In as many threads as the system gives, up to three.
void use_in_threads();

/// In a forked child, and after it.
void use_in_a_child();

/// Many blocks that come, and go but for one in a hundred.
void use_for_a_peak();

[[nodiscard]] ebb_ledger ledger();
void expect_ledger();

} // namespace tests
