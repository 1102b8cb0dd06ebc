#include <ebb/alloc/base/check.h>

#include <cstdio>
#include <cstdlib>

namespace ebb {

void check_failed(const char* reason, const void* address, std::source_location where) noexcept {
    // A line on the stack, written in one call: stderr is unbuffered, so nothing is allocated.
    char line[512];
    const int length =
        address == nullptr
            ? std::snprintf(line, sizeof line, "ebb: %s:%u: %s\n", where.file_name(),
                            static_cast<unsigned>(where.line()), reason)
            : std::snprintf(line, sizeof line, "ebb: %s:%u: %s at %p\n", where.file_name(),
                            static_cast<unsigned>(where.line()), reason, address);
    if (length > 0) {
        std::fputs(line, stderr);
    }
    std::abort();
}

} // namespace ebb
