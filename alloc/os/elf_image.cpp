#include <ebb/alloc/os/elf_image.h>

#include <cstring>

namespace ebb::os {
namespace {

// How many symbols there are, by the table of GNU hashes: buckets, first hashed symbol, words of
// the filter, shift; the filter; the buckets; the chains. The chain that begins last ends with the
// last symbol.
std::size_t count_by_gnu_hash(const std::uint32_t* table) noexcept {
    const std::uint32_t bucket_count = table[0];
    const std::uint32_t first = table[1];
    const std::uint32_t* const buckets =
        table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof(std::uint32_t));
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

} // namespace

elf_image elf_image::of_header(std::uintptr_t base) noexcept {
    const auto* const header = reinterpret_cast<const ElfW(Ehdr)*>(base);
    const auto* const segments = reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
    std::uintptr_t shift = base;
    for (std::size_t i = 0; i < header->e_phnum; ++i) {
        if (segments[i].p_type == PT_LOAD) {
            shift = base + segments[i].p_offset - segments[i].p_vaddr;
            break;
        }
    }
    return {shift, segments, header->e_phnum};
}

elf_image::elf_image(std::uintptr_t shift, const ElfW(Phdr) * segments, std::size_t count) noexcept
    : shift_(shift) {
    for (std::size_t i = 0; i < count; ++i) {
        if (segments[i].p_type == PT_DYNAMIC) {
            read(reinterpret_cast<const ElfW(Dyn)*>(shift + segments[i].p_vaddr));
        }
    }
}

void elf_image::read(const ElfW(Dyn) * entry) noexcept {
    for (; entry->d_tag != DT_NULL; ++entry) {
        // The dynamic linker has moved these addresses in most objects, but not in all (vDSO).
        const std::uintptr_t told = entry->d_un.d_ptr;
        const std::uintptr_t at = told < shift_ ? shift_ + told : told;
        switch (entry->d_tag) {
        case DT_STRTAB:
            names_ = reinterpret_cast<const char*>(at);
            break;
        case DT_SYMTAB:
            symbols_ = reinterpret_cast<const ElfW(Sym)*>(at);
            break;
        case DT_HASH:
            hash_ = reinterpret_cast<const std::uint32_t*>(at);
            break;
        case DT_GNU_HASH:
            gnu_hash_ = reinterpret_cast<const std::uint32_t*>(at);
            break;
        case DT_FLAGS_1:
            stays_ = (entry->d_un.d_val & DF_1_NODELETE) != 0;
            break;
        default:
            break;
        }
    }
}

std::size_t elf_image::symbol_count() const noexcept {
    if (names_ == nullptr || symbols_ == nullptr) {
        return 0;
    }
    if (hash_ != nullptr) {
        return hash_[1];
    }
    return gnu_hash_ == nullptr ? 0 : count_by_gnu_hash(gnu_hash_);
}

void* elf_image::find(const char* name) const noexcept {
    const std::size_t count = symbol_count();
    for (std::size_t i = 0; i < count; ++i) {
        const ElfW(Sym)& symbol = symbols_[i];
        if (symbol.st_shndx != SHN_UNDEF && (symbol.st_info & 0xf) == STT_FUNC &&
            std::strcmp(names_ + symbol.st_name, name) == 0) {
            return reinterpret_cast<void*>(shift_ + symbol.st_value);
        }
    }
    return nullptr;
}

} // namespace ebb::os
