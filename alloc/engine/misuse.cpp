#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/frames.h>

#include <cstdio>
#include <cstdlib>

namespace ebb::engine {
namespace {

constinit shared<bool> closed{false};

const char* text_of(misuse_kind kind) noexcept {
    switch (kind) {
    case misuse_kind::double_free:
        return "double free of";
    case misuse_kind::foreign:
        return "free of an address that is no block's (foreign, or inside of a large block):";
    case misuse_kind::interior:
        return "free of an address inside of a block:";
    case misuse_kind::overrun:
        return "written past its end:";
    case misuse_kind::wrong_size:
        return "sized free with another size than was asked for:";
    case misuse_kind::use_after_free:
        return "written to after it was freed:";
    }
    return "misuse of";
}

} // namespace

bool heap_closed() noexcept {
    return closed.load(std::memory_order_relaxed);
}

void misuse(misuse_kind kind, const void* address, std::size_t slot) noexcept {
    if (!closed.exchange(true)) {
        char line[192];
        if (slot == 0) {
            std::snprintf(line, sizeof line, "ebb: %s %p\n", text_of(kind), address);
        } else {
            std::snprintf(line, sizeof line, "ebb: %s %p (a slot of %zu bytes)\n", text_of(kind),
                          address, slot);
        }
        os::write_error(line);
        os::write_frames();
    }
    std::abort();
}

} // namespace ebb::engine
