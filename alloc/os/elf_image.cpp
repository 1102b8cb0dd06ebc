#include <ebb/alloc/os/elf_image.h>

#include <cstring>

namespace ebb::os {
namespace {

// The table of GNU hashes: buckets, first hashed symbol, words of the filter, shift; the filter;
// the buckets; the chains, one word a symbol, whose lowest bit ends a chain. (glibc,
// elf/dl-lookup.c, has the same look-up.)
struct gnu_table {
    explicit gnu_table(const std::uint32_t* words) noexcept
        : bucket_count(words[0]), first(words[1]), filter_words(words[2]), shift(words[3]),
          filter(reinterpret_cast<const std::uint64_t*>(words + 4)),
          buckets(words + 4 + 2 * std::size_t{filter_words}), chains(buckets + bucket_count) {}

    std::uint32_t bucket_count;
    std::uint32_t first;
    std::uint32_t filter_words;
    std::uint32_t shift;
    const std::uint64_t* filter;
    const std::uint32_t* buckets;
    const std::uint32_t* chains;

    [[nodiscard]] bool may_have(std::uint32_t hash) const noexcept {
        const std::uint64_t bits = std::uint64_t{1} << (hash % 64) | std::uint64_t{1}
                                                                         << ((hash >> shift) % 64);
        return (filter[hash / 64 % filter_words] & bits) == bits;
    }
};

std::uint32_t gnu_hash(const char* name) noexcept {
    std::uint32_t hash = 5381;
    for (const auto* at = reinterpret_cast<const unsigned char*>(name); *at != 0; ++at) {
        hash = hash * 33 + *at;
    }
    return hash;
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

bool elf_image::is(std::size_t index, const char* name) const noexcept {
    const ElfW(Sym)& symbol = symbols_[index];
    return symbol.st_shndx != SHN_UNDEF && (symbol.st_info & 0xf) == STT_FUNC &&
           std::strcmp(names_ + symbol.st_name, name) == 0;
}

void* elf_image::address(std::size_t index) const noexcept {
    return reinterpret_cast<void*>(shift_ + symbols_[index].st_value);
}

void* elf_image::find(const char* name) const noexcept {
    if (names_ == nullptr || symbols_ == nullptr) {
        return nullptr;
    }
    if (gnu_hash_ != nullptr) {
        return find_hashed(name);
    }
    const std::size_t count = hash_ == nullptr ? 0 : hash_[1]; // the number of chains: of symbols
    for (std::size_t i = 0; i < count; ++i) {
        if (is(i, name)) {
            return address(i);
        }
    }
    return nullptr;
}

void* elf_image::find_hashed(const char* name) const noexcept {
    const gnu_table table(gnu_hash_);
    const std::uint32_t hash = gnu_hash(name);
    if (!table.may_have(hash)) {
        return nullptr;
    }
    std::uint32_t at = table.buckets[hash % table.bucket_count];
    if (at < table.first) {
        return nullptr;
    }
    for (;; ++at) {
        const std::uint32_t chain = table.chains[at - table.first];
        if ((chain | 1U) == (hash | 1U) && is(at, name)) {
            return address(at);
        }
        if ((chain & 1U) != 0) {
            return nullptr;
        }
    }
}

} // namespace ebb::os
