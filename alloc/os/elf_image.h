// A shared object that the process has loaded: what it exports, read from its own tables in memory.
// No call of the dynamic linker's, so no lock of its and no allocation. Internal to alloc/os.
//
// Only objects that stay while they are read: the kernel's vDSO, and what for_each of loaded.cpp
// holds still.
#pragma once

#include <elf.h>

#include <link.h>

#include <cstddef>
#include <cstdint>

namespace ebb::os {

class elf_image {
  public:
    /// By the address of its file header, as the kernel gives the vDSO's.
    [[nodiscard]] static elf_image of_header(std::uintptr_t base) noexcept;

    /// By its program headers; `shift` leads from addresses in the file to those in memory.
    elf_image(std::uintptr_t shift, const ElfW(Phdr) * segments, std::size_t count) noexcept;

    /// The function of that name, whatever version it has; null where it exports none.
    /// Cost: a look into its table of hashes; where it has the old kind of table alone, a
    /// comparison for each exported name.
    [[nodiscard]] void* find(const char* name) const noexcept;

    /// Whether dlclose leaves it where it is (linked with -z nodelete).
    [[nodiscard]] bool stays() const noexcept { return stays_; }

  private:
    void read(const ElfW(Dyn) * entry) noexcept;
    [[nodiscard]] bool is(std::size_t index, const char* name) const noexcept;
    [[nodiscard]] void* address(std::size_t index) const noexcept;
    [[nodiscard]] void* find_hashed(const char* name) const noexcept;

    std::uintptr_t shift_ = 0;
    const char* names_ = nullptr;
    const ElfW(Sym) * symbols_ = nullptr;
    const std::uint32_t* hash_ = nullptr;
    const std::uint32_t* gnu_hash_ = nullptr;
    bool stays_ = false;
};

} // namespace ebb::os
