#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/elf_image.h>
#include <ebb/alloc/os/loaded.h>

namespace ebb::os {
namespace {

struct search {
    const char* name;
    std::uintptr_t but_not_here;
    void* found = nullptr;
};

bool holds(const dl_phdr_info& object, std::uintptr_t address) noexcept {
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& s = object.dlpi_phdr[i];
        if (s.p_type == PT_LOAD && address - (object.dlpi_addr + s.p_vaddr) < s.p_memsz) {
            return true;
        }
    }
    return false;
}

int look_at(dl_phdr_info* object, std::size_t, void* to) noexcept {
    auto& s = *static_cast<search*>(to);
    if (!holds(*object, s.but_not_here)) {
        s.found = elf_image(object->dlpi_addr, object->dlpi_phdr, object->dlpi_phnum).find(s.name);
    }
    return s.found == nullptr ? 0 : 1;
}

} // namespace

void* find_exported(const char* name, const void* but_not_here) noexcept {
    search s{name, address_of(but_not_here)};
    ::dl_iterate_phdr(look_at, &s);
    return s.found;
}

} // namespace ebb::os
