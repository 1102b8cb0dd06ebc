// Which malloc a real program got: the dynamic linker's own word, from every process of its tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench::suite {

/// One binding of `malloc` by the dynamic linker.
struct binding {
    std::string_view from; ///< the object that calls it
    std::string_view to;   ///< the object whose it is
};

/// The binding of `malloc` that a line of LD_DEBUG=bindings tells; absent for every other line.
[[nodiscard]] std::optional<binding> malloc_binding(std::string_view line);

/// Reads what the linker wrote into the files that start with `prefix` (LD_DEBUG_OUTPUT), one for
/// each process of a tree. An empty string when some process bound `malloc` and every one bound it
/// to the file `library`; else one line that says who got another.
///
/// A program that isn't position-independent and takes malloc's address is everyone's malloc, by a
/// jump to its own: such a stop on the way counts as what it jumps to.
[[nodiscard]] std::string check_bindings(const std::string& prefix, const std::string& library);

} // namespace ebb::bench::suite
