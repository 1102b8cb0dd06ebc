// How operator new says that there is no memory. Two files define it: the shared library finds a
// C++ runtime, or none, when it has to throw, because a C program loads it too
// (throw_bad_alloc.cpp); the archive's is linked into programs that use operator new alone, with
// the runtime that they are linked with (throw_linked_bad_alloc.cpp).
#pragma once

namespace ebb {

/// Throws bad_alloc. Ends the program where no runtime is loaded.
[[noreturn]] void throw_bad_alloc();

} // namespace ebb
