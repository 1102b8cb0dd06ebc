#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/elf_image.h>
#include <ebb/alloc/os/loaded.h>

#include <dlfcn.h>

#include <cerrno>

namespace ebb::os {
namespace {

struct search {
    const char* name;
    std::uintptr_t but_not_here;
    bool is_open; ///< objects from here on count
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
    if (holds(*object, s.but_not_here)) {
        s.is_open = true;
    } else if (s.is_open) {
        s.found = elf_image(object->dlpi_addr, object->dlpi_phdr, object->dlpi_phnum).find(s.name);
    }
    return s.found == nullptr ? 0 : 1;
}

struct home {
    std::uintptr_t here;
    const char* name = nullptr; ///< null: the program, or a library that stays
};

int find_home(dl_phdr_info* object, std::size_t, void* to) noexcept {
    auto& h = *static_cast<home*>(to);
    if (!holds(*object, h.here)) {
        return 0;
    }
    const elf_image image(object->dlpi_addr, object->dlpi_phdr, object->dlpi_phnum);
    h.name = image.stays() || object->dlpi_name[0] == '\0' ? nullptr : object->dlpi_name;
    return 1;
}

} // namespace

void* find_exported(const char* name, const void* but_not_here) noexcept {
    search s{name, address_of(but_not_here), true};
    ::dl_iterate_phdr(look_at, &s);
    return s.found;
}

void* find_exported_after(const char* name, const void* here) noexcept {
    search s{name, address_of(here), false};
    ::dl_iterate_phdr(look_at, &s);
    return s.found;
}

void keep_loaded(const void* here) noexcept {
    home h{address_of(here)};
    ::dl_iterate_phdr(find_home, &h);
    if (h.name == nullptr) {
        return;
    }
    // By its name: a reference would make every static link warn, where this is never reached.
    using open_function = void*(const char*, int);
    if (auto* const open = reinterpret_cast<open_function*>(find_exported("dlopen", here))) {
        const int error = errno;
        static_cast<void>(open(h.name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
        errno = error;
    }
}

} // namespace ebb::os
