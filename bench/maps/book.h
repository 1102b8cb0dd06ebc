// The rows that real Go measures: the book's own program (100 Go Mistakes, #28: fill a map, delete
// every entry, read runtime.MemStats), built and run by the `go` on PATH.
//
// The function that makes a value must not let it escape to the heap, or each insert leaves 128
// dead bytes and 461 MB reads 479.
#pragma once

#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// The malloc of a cell that real Go runs.
inline constexpr std::string_view book_malloc = "real-go";
[[nodiscard]] inline bool is_book(const cell& c) noexcept {
    return c.malloc == book_malloc;
}

/// What the `go` on PATH calls itself ("go1.19.8"), with a remark where its map is another one
/// (from Go 1.24 on). Absent when there is no go.
[[nodiscard]] std::optional<std::string> book_label();

/// Builds the program for the cell's layout and size of values (once for both) and runs it.
/// Go's Alloc stands under `requested`: what is live after rounding and what its collector has not
/// yet taken, which Go tells no further; so slack, dead and peak are absent.
/// Throws cell_failed, std::system_error.
[[nodiscard]] std::vector<record> run_book(const cell& c);

} // namespace ebb::bench
