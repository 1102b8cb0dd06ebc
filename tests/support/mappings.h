// How many mappings and addresses this process has, by the kernel's word.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tests {

/// Lines of /proc/self/maps; the calls for it make none.
inline std::size_t mappings() {
    static char text[1 << 16];
    std::size_t lines = 0;
    const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t got = 0; (got = ::read(file, text, sizeof text)) > 0;) {
        lines += static_cast<std::size_t>(std::count(text, text + got, '\n'));
    }
    ::close(file);
    return lines;
}

/// A field of /proc/self/statm: 0 for pages of addresses, 1 for those in memory.
inline std::size_t statm(int field) {
    char text[128] = {};
    const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t got = ::read(file, text, sizeof text - 1);
    ::close(file);
    char* at = text;
    std::size_t value = 0;
    for (int n = 0; n <= field && got > 0; ++n) {
        value = std::strtoull(at, &at, 10);
    }
    return value;
}

/// Bytes that the process has locked (VmLck of /proc/self/status).
inline std::size_t locked_bytes() {
    char text[4096] = {};
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const ssize_t got = ::read(file, text, sizeof text - 1);
    ::close(file);
    const char* const at = got > 0 ? std::strstr(text, "VmLck:") : nullptr;
    return at != nullptr ? std::strtoull(at + 6, nullptr, 10) * 1024 : 0;
}

} // namespace tests
