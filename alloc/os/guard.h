// Guard pages: an access to them ends the program (SIGSEGV).
//
// Since Linux 6.13 a guard is a mark in the page table (MADV_GUARD_INSTALL). Before, it is a
// protection of its own and splits the mapping in three, of which a process may have 65,530: so at
// most 8,192 stand at a time then.
//
// Cost: a system call each. errno stays. Threads: any.
#pragma once

#include <cstddef>

namespace ebb::os {

/// Makes guards of these pages of a mapping; their content is gone. False where that can't be.
[[nodiscard]] bool guard(void* pages, std::size_t bytes) noexcept;

/// Makes guards ordinary pages again, zeroed. Requires: guard() made them, in the same call.
void unguard(void* pages, std::size_t bytes) noexcept;

} // namespace ebb::os
