#include <ebb/alloc/os/elf_image.h>
#include <ebb/alloc/os/vdso.h>

#include <sys/auxv.h>

namespace ebb::os {

void* vdso_function(const char* name) noexcept {
    const std::uintptr_t base = ::getauxval(AT_SYSINFO_EHDR);
    return base == 0 ? nullptr : elf_image::of_header(base).find(name);
}

} // namespace ebb::os
