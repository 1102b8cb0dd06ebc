#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/hardened.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/random.h>

#include <algorithm>
#include <cstring>

namespace ebb::engine {
namespace {

constexpr std::size_t most_armed = 64;
constexpr std::size_t most_scrubbed = 1 * kib;
constexpr unsigned char scrub_byte = 0xdf; // no pointer's, no text's, no small number's

constinit shared<std::uint64_t> secret{0};
constinit thread_local std::uint64_t state = 0;
constinit shared<std::uint64_t> states{0}; // that threads have begun with

std::uint64_t read_secret() noexcept {
    std::uint64_t value = secret.load(std::memory_order_relaxed);
    if (value == 0) {
        const std::uint64_t fresh = os::random_word() | 1;
        if (secret.compare_exchange_strong(value, fresh)) {
            value = fresh;
        }
    }
    return value;
}

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U; // 2^64 / golden ratio

std::uint64_t spread(std::uint64_t x) noexcept {
    x = (x ^ (x >> 32)) * golden;
    return x ^ (x >> 29);
}

// The canary at an address: others know it neither from another block nor from another run. The
// byte that strings end with comes never first.
std::uint64_t canary_at(const unsigned char* p) noexcept {
    return spread(read_secret() ^ address_of(p)) | 1;
}

} // namespace

void arm(void* behind, std::size_t room) noexcept {
    auto* p = static_cast<unsigned char*>(behind);
    unsigned char* const end = p + std::min(room, most_armed);
    for (; p < end; p += sizeof(std::uint64_t)) {
        const std::uint64_t canary = canary_at(p);
        std::memcpy(p, &canary, std::min(sizeof canary, static_cast<std::size_t>(end - p)));
    }
}

bool armed(const void* behind, std::size_t room) noexcept {
    const auto* p = static_cast<const unsigned char*>(behind);
    const unsigned char* const end = p + std::min(room, most_armed);
    for (; p < end; p += sizeof(std::uint64_t)) {
        const std::uint64_t canary = canary_at(p);
        if (std::memcmp(p, &canary, std::min(sizeof canary, static_cast<std::size_t>(end - p))) !=
            0) {
            return false;
        }
    }
    return true;
}

void scrub(void* slot, std::size_t bytes) noexcept {
    std::memset(slot, scrub_byte, std::min(bytes, most_scrubbed));
}

bool scrubbed(const void* slot, std::size_t bytes) noexcept {
    const auto* const p = static_cast<const unsigned char*>(slot);
    // Every byte like the one before it, in memcmp's strides.
    return p[0] == scrub_byte && std::memcmp(p, p + 1, std::min(bytes, most_scrubbed) - 1) == 0;
}

std::size_t random_below(std::size_t bound) noexcept {
    if (state == 0) { // from the process's secret: a thread asks the kernel for nothing
        state = spread(read_secret() + states.fetch_add(golden)) | 1;
    }
    // G. Marsaglia, "Xorshift RNGs", 2003: 13, 7, 17.
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<std::size_t>((state >> 32) * bound >> 32);
}

} // namespace ebb::engine
