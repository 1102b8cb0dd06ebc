#include <ebb/alloc/os/frames.h>

#include <execinfo.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ebb::os {

void write_error(const char* text) noexcept {
    const int error = errno;
    static_cast<void>(::write(STDERR_FILENO, text, std::strlen(text)) >= 0);
    errno = error;
}

void write_frames() noexcept {
    constexpr int most = 16;
    void* frames[most];
    const int count = ::backtrace(frames, most);
    ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
}

} // namespace ebb::os
