#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/vdso.h>

#include <elf.h>

#include <link.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstring>

namespace ebb::os {
namespace {

// What the dynamic section of the mapped image says, as far as a look-up needs it.
// (man 7 vdso; the ELF and GNU hash tables tell how many symbols there are.)
struct image {
    std::uintptr_t shift = 0; // from addresses in the file to those in memory
    const char* names = nullptr;
    const ElfW(Sym) * symbols = nullptr;
    const std::uint32_t* hash = nullptr;
    const std::uint32_t* gnu_hash = nullptr;

    [[nodiscard]] std::size_t symbol_count() const noexcept {
        if (hash != nullptr) {
            return hash[1];
        }
        return gnu_hash == nullptr ? 0 : count_by_gnu_hash();
    }

  private:
    // buckets, first hashed symbol, words of the filter, shift; filter; buckets; chains. The chain
    // of the highest bucket ends with the last symbol.
    [[nodiscard]] std::size_t count_by_gnu_hash() const noexcept {
        const std::uint32_t bucket_count = gnu_hash[0];
        const std::uint32_t first = gnu_hash[1];
        const std::uint32_t* const buckets =
            gnu_hash + 4 + gnu_hash[2] * (sizeof(ElfW(Addr)) / sizeof(std::uint32_t));
        const std::uint32_t* const chains = buckets + bucket_count;
        std::uint32_t last = 0;
        for (std::uint32_t i = 0; i < bucket_count; ++i) {
            last = buckets[i] > last ? buckets[i] : last;
        }
        if (last < first) {
            return first;
        }
        while ((chains[last - first] & 1U) == 0) {
            ++last;
        }
        return last + std::size_t{1};
    }
};

image read_image(std::uintptr_t base) noexcept {
    image found;
    const auto* const header = reinterpret_cast<const ElfW(Ehdr)*>(base);
    const auto* const segments = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
    const ElfW(Dyn)* entry = nullptr;
    bool is_loaded = false;
    for (unsigned i = 0; i < header->e_phnum; ++i) {
        const ElfW(Phdr)& s = segments[i];
        if (s.p_type == PT_LOAD && !is_loaded) {
            found.shift = base + s.p_offset - s.p_vaddr;
            is_loaded = true;
        } else if (s.p_type == PT_DYNAMIC) {
            entry = reinterpret_cast<const ElfW(Dyn)*>(base + s.p_offset);
        }
    }
    for (; is_loaded && entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
        const std::uintptr_t at = found.shift + entry->d_un.d_ptr;
        switch (entry->d_tag) {
        case DT_STRTAB:
            found.names = reinterpret_cast<const char*>(at);
            break;
        case DT_SYMTAB:
            found.symbols = reinterpret_cast<const ElfW(Sym)*>(at);
            break;
        case DT_HASH:
            found.hash = reinterpret_cast<const std::uint32_t*>(at);
            break;
        case DT_GNU_HASH:
            found.gnu_hash = reinterpret_cast<const std::uint32_t*>(at);
            break;
        default:
            break;
        }
    }
    return found;
}

} // namespace

void* vdso_function(const char* name) noexcept {
    const std::uintptr_t base = ::getauxval(AT_SYSINFO_EHDR);
    if (base == 0) {
        return nullptr;
    }
    const image vdso = read_image(base);
    if (vdso.names == nullptr || vdso.symbols == nullptr) {
        return nullptr;
    }
    const std::size_t count = vdso.symbol_count();
    for (std::size_t i = 0; i < count; ++i) {
        const ElfW(Sym)& symbol = vdso.symbols[i];
        if (symbol.st_shndx != SHN_UNDEF && std::strcmp(vdso.names + symbol.st_name, name) == 0) {
            return reinterpret_cast<void*>(vdso.shift + symbol.st_value);
        }
    }
    return nullptr;
}

} // namespace ebb::os
