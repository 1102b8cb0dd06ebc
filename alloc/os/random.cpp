#include <ebb/alloc/os/random.h>

#include <sys/random.h>

#include <cerrno>
#include <ctime>

namespace ebb::os {

std::uint64_t random_word() noexcept {
    const int error = errno;
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof word)) {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        word = (static_cast<std::uint64_t>(now.tv_nsec) << 32) ^
               static_cast<std::uint64_t>(now.tv_sec) ^ reinterpret_cast<std::uintptr_t>(&now);
    }
    errno = error;
    return word;
}

} // namespace ebb::os
