#include <tests/alloc/dropin/early_blocks.h>

#include <cstdlib>
#include <cstring>

std::array<early_block, 3000> early_blocks;

namespace {

[[gnu::constructor]] void take() {
    std::size_t n = 0;
    for (early_block& b : early_blocks) {
        n = (n * 7919 + 13) % 1500;
        void* const passing = std::malloc(n / 2);
        void* const p = std::malloc(n);
        b.requested = n % 5 == 0 ? n + 40 : n;
        b.p = static_cast<unsigned char*>(n % 5 == 0 ? std::realloc(p, b.requested) : p);
        std::memset(b.p, 0xe5, b.requested);
        std::free(passing);
    }
}

} // namespace
