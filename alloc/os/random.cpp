#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/kernel.h>
#include <ebb/alloc/os/random.h>

namespace ebb::os {

std::uint64_t random_word() noexcept {
    std::uint64_t word = 0;
    if (kernel::random(&word, sizeof word) != static_cast<long>(sizeof word)) {
        word = (monotonic_nanoseconds() << 20) ^ reinterpret_cast<std::uintptr_t>(&word);
    }
    return word;
}

} // namespace ebb::os
