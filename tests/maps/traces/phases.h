// Bytes for traces: phases that grow, shrink, saw, churn, hand over, and fail; drawn from a seed.
#pragma once

#include <tests/maps/traces/trace.h>
#include <tests/support/random.h>

#include <initializer_list>
#include <vector>

namespace tests {

/// `steps` steps, the first of them a growth to many elements under every seed. `failing`: with
/// faults armed before some of the steps.
inline std::vector<std::uint8_t> draw_phases(random_engine& random, std::size_t steps,
                                             bool failing) {
    using o = operation;
    static const std::vector<std::vector<o>> phases = {
        {o::insert, o::emplace, o::try_emplace, o::insert_or_assign, o::subscript, o::insert,
         o::insert_many, o::find, o::erase},
        {o::erase, o::erase, o::erase, o::erase, o::erase_many, o::find, o::insert},
        {o::insert_many, o::erase_many},
        {o::insert, o::erase, o::find},
        {o::insert_many, o::erase_if, o::erase_while_walking, o::erase},
        {o::swap, o::copy, o::move, o::move_construct, o::merge, o::extract, o::insert_range,
         o::compare, o::insert_many, o::insert_many, o::erase_many},
        {o::insert_many, o::reserve, o::shrink_to_fit, o::clear, o::erase_many, o::insert},
    };
    std::vector<std::uint8_t> bytes;
    bytes.reserve(4 * steps);
    const auto put = [&](o op, std::size_t which) {
        bytes.push_back(static_cast<std::uint8_t>(static_cast<std::size_t>(op) * 2 + which));
        for (int i = 0; i < 3; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(random()));
        }
    };
    put(o::range, 0);
    bytes[1] = 13; // the widest
    bytes[2] = 0;
    for (int i = 0; i < 40; ++i) {
        put(o::insert_many, 0);
        bytes.back() |= 0x40; // 256 keys or more
    }
    while (bytes.size() < 4 * steps) {
        const auto& ops = phases[below(random, phases.size())];
        const std::size_t both = below(random, 3); // mostly on one map
        put(o::range, 0);
        for (std::size_t left = 10 + below(random, 150); left > 0; --left) {
            if (failing && below(random, 4) == 0) {
                put(o::arm, 0);
            }
            put(ops[below(random, ops.size())], both < 2 ? both : below(random, 2));
        }
    }
    return bytes;
}

} // namespace tests
