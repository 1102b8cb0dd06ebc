// What the tests of node maps share: maps of values that can be checked, and the kernel's word on
// the slabs that their nodes lie in.
#pragma once

#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace tests {

template <std::size_t Bytes>
using bytes = std::array<char, Bytes>;
using node_map = ebb::node_hash_map<std::uint64_t, bytes<120>>;
using strings = ebb::node_hash_map<int, std::string>;

inline constexpr std::size_t slab_bytes = ebb::detail::slab_bytes;

inline bytes<120> value(std::uint64_t k) {
    bytes<120> v{};
    v[0] = static_cast<char>(k);
    v[119] = static_cast<char>(k * 7);
    return v;
}

inline std::string text(int n) {
    return "longer than a string keeps in place: " + std::to_string(n);
}

template <class Map>
void fill(Map& m, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t k = first; k < last; ++k) {
        ASSERT_TRUE(m.emplace(k, value(k)).second);
    }
}

inline void fill(strings& m, int first, int last) {
    for (int n = first; n < last; ++n) {
        m.emplace(n, text(n));
    }
}

// The slabs that a map's nodes lie in; up to 409 are in blocks of their own, in heap pages that
// nobody asks about.
class slabs {
  public:
    template <class Map>
    explicit slabs(const Map& m) {
        for (const auto& e : m) {
            const std::uintptr_t at = ebb::address_of(&e) & ~(slab_bytes - 1);
            ++nodes_[at];
        }
        std::erase_if(nodes_, [](const auto& slab) { return slab.second < 500; });
    }
    // What of them the kernel holds in memory; what is unmapped holds none.
    [[nodiscard]] std::size_t resident() const {
        std::size_t sum = 0;
        for (const auto& [at, count] : nodes_) {
            sum += ebb::os::resident(reinterpret_cast<const void*>(at), slab_bytes);
        }
        return sum;
    }

  private:
    std::map<std::uintptr_t, std::size_t> nodes_;
};

// Told nothing of other pages (qemu-user, a sanitizer that keeps them) the kernel's word is no use.
inline bool kernel_tells() {
    void* const at = ebb::slab_pages::map(slab_bytes);
    *static_cast<volatile char*>(at) = 1;
    const bool tells = ebb::os::resident(at, slab_bytes) == ebb::os::page_size();
    ebb::slab_pages::release(at, slab_bytes);
    ebb::slab_pages::unmap(at, slab_bytes);
    return tells;
}

inline void expect_exact(const auto& m) {
    m.validate();
    ASSERT_EQ(m.footprint().total(), m.composition().total());
    ASSERT_EQ(m.footprint().total(), m.arena().read().requested);
    ASSERT_EQ(m.composition().payload, m.size() * sizeof(*m.begin()));
}

} // namespace tests
