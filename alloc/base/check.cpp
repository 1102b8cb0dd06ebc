#include <ebb/alloc/base/check.h>

#include <cstdio>
#include <cstdlib>

namespace ebb {

void check_failed(const char* reason, const void* address, const char* file, int line) noexcept {
    // A line on the stack, written in one call: stderr is unbuffered, so nothing is allocated.
    char text[512];
    const int length =
        address == nullptr
            ? std::snprintf(text, sizeof text, "ebb: %s:%d: %s\n", file, line, reason)
            : std::snprintf(text, sizeof text, "ebb: %s:%d: %s at %p\n", file, line, reason,
                            address);
    if (length > 0) {
        std::fputs(text, stderr);
    }
    std::abort();
}

} // namespace ebb
