// What `new` does when there is no memory, before it throws: it asks the program's new-handler.
//
// That belongs to a C++ runtime, which the library doesn't bring: a C program loads it too. A
// runtime that is there at load, or linked into the program, is found by weak references. Any other
// came with a plugin later, and is found among the loaded objects by what it exports
// (engine/runtime.h).
//
// Threads: any. Cost: tens of microseconds where the runtime has to be looked for.
#pragma once

#include <cstddef>
#include <new>

// What a compiler calls for `catch` and `noexcept`, in each file that is compiled with exceptions:
// a runtime's too.
asm(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n"
    ".weak _ZSt9terminatev");

namespace ebb {

/// Asks the program's new-handler for memory until `n` bytes can be had or there is no handler:
/// null then. A handler may leave by an exception of its own.
[[nodiscard]] void* ask_new_handler(std::size_t n, std::size_t alignment);

/// Null, or the block that the program's new-handler made room for; what a handler throws ends
/// here.
[[nodiscard]] void* ask_new_handler_quietly(std::size_t n, std::size_t alignment) noexcept;

/// A program's own operator new; null where it throws.
[[nodiscard]] void* call_quietly(void* (*replaced)(std::size_t), std::size_t n) noexcept;
[[nodiscard]] void* call_quietly(void* (*replaced)(std::size_t, std::align_val_t), std::size_t n,
                                 std::align_val_t alignment) noexcept;

} // namespace ebb
