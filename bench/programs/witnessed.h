// What the witness wrote of each process of a program (bench/witness/line.h), read.
#pragma once

#include <ebb/bench/witness/line.h>

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench {

/// One process, as the program that it last was.
struct witnessed {
    pid_t pid = 0;
    pid_t parent = 0;    ///< when the program began
    std::string program; ///< the executable's path
    std::string malloc;  ///< the file that malloc came from; empty: the program itself
    std::string verdict; ///< what answered instead of the malloc asked for; empty: it answered
    bool began = false;  ///< a program began here; else it was forked and called no exec
    bool ended = false;  ///< by exit or _exit: what follows is known
    bool runs = false;   ///< it still did when the first process had ended
    std::optional<std::uint64_t> resident;
    std::optional<std::uint64_t> peak_resident;
    /// The members of ebb_ledger in their order.
    std::array<std::optional<std::uint64_t>, ledger_terms> ledger;

    [[nodiscard]] bool has_ledger() const noexcept;
};

/// The names of the ledger's terms.
inline constexpr std::array<std::string_view, ledger_terms> ledger_names{
    "requested", "slack",          "dead",        "idle",        "overhead",
    "mapped",    "peak_requested", "peak_mapped", "allocations", "frees"};

/// The processes in the order of their beginnings, those of `first` at the front; a program that
/// went on as another (exec) is left out. Lines that aren't the witness's are passed over.
[[nodiscard]] std::vector<witnessed> read_witnessed(std::string_view lines, pid_t first);

} // namespace ebb::bench
