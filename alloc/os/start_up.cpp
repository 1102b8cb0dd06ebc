#include <ebb/alloc/os/start_up.h>

#include <sys/auxv.h>

#include <cstring>

namespace ebb::os {

std::uint64_t process_secret() noexcept {
    // AT_RANDOM: 16 bytes, of which libc takes its stack guard from the first 8 and its pointer
    // guard from the last. Mixed, so that ours tells nothing of either (multiplier: splitmix64).
    std::uint64_t words[2] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
    const auto at = ::getauxval(AT_RANDOM);
    if (at != 0) {
        std::memcpy(words, reinterpret_cast<const void*>(at), sizeof words);
    }
    std::uint64_t z = words[0] + 0x9e3779b97f4a7c15 * (words[1] | 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

bool secure_execution() noexcept {
    return ::getauxval(AT_SECURE) != 0;
}

} // namespace ebb::os
