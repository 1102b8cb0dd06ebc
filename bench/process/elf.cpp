#include <ebb/bench/process/elf.h>

#include <elf.h>

#include <link.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <string_view>

namespace ebb::bench {
namespace {

constexpr bool little_here = std::endian::native == std::endian::little;
constexpr int bits_here = static_cast<int>(sizeof(void*)) * 8;

template <class T>
bool read_at(std::ifstream& file, std::uint64_t offset, T& into) {
    file.seekg(static_cast<std::streamoff>(offset));
    return static_cast<bool>(file.read(reinterpret_cast<char*>(&into), sizeof into));
}

// Of this word size and byte order: the loader it asks for.
void read_headers(std::ifstream& file, elf_file& into) {
    ElfW(Ehdr) header{};
    if (!read_at(file, 0, header)) {
        return;
    }
    into.shared = header.e_type == ET_DYN;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) part{};
        if (!read_at(file, header.e_phoff + std::uint64_t{i} * header.e_phentsize, part)) {
            return;
        }
        if (part.p_type == PT_INTERP && part.p_filesz > 1 && part.p_filesz < 4096) {
            into.interpreter.resize(part.p_filesz);
            file.seekg(static_cast<std::streamoff>(part.p_offset));
            file.read(into.interpreter.data(), static_cast<std::streamsize>(part.p_filesz));
            into.interpreter.resize(std::strlen(into.interpreter.c_str()));
        }
    }
}

} // namespace

std::optional<elf_file> read_elf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    struct {
        unsigned char ident[EI_NIDENT];
        std::uint16_t type;
        std::uint16_t machine;
    } begins{};
    if (!read_at(file, 0, begins) || std::memcmp(begins.ident, ELFMAG, SELFMAG) != 0) {
        return std::nullopt;
    }
    elf_file told;
    told.bits = begins.ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    told.little = begins.ident[EI_DATA] == ELFDATA2LSB;
    told.machine = told.little == little_here ? begins.machine : -1;
    if (told.bits == bits_here && told.little == little_here) {
        read_headers(file, told);
    }
    return told;
}

bool runs_here(const elf_file& file) {
    const auto own = read_elf("/proc/self/exe");
    return own && own->bits == file.bits && own->machine == file.machine &&
           own->little == file.little;
}

} // namespace ebb::bench
