// Blocks that a library's constructor takes before any malloc's own has run: a library that is
// linked is set up before those that are preloaded.
#pragma once

#include <array>
#include <cstddef>

struct early_block {
    unsigned char* p;
    std::size_t requested;
};

/// Live ones; as many others were given back between.
extern std::array<early_block, 3000> early_blocks;
