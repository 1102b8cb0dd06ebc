// What an executable or a library says of itself in its ELF header.
#pragma once

#include <optional>
#include <string>

namespace ebb::bench {

struct elf_file {
    int bits = 0;            ///< 32 or 64
    int machine = 0;         ///< e_machine
    bool little = false;     ///< byte order
    bool shared = false;     ///< ET_DYN: a library or a position-independent program
    std::string interpreter; ///< the loader that a dynamic program asks for; empty when static
};

/// Absent when the file can't be read or is no ELF file. Of a file for another byte order or word
/// size the first three alone are told.
[[nodiscard]] std::optional<elf_file> read_elf(const std::string& path);

/// Whether this process's machine runs it: the same word size, machine and byte order.
[[nodiscard]] bool runs_here(const elf_file& file);

} // namespace ebb::bench
