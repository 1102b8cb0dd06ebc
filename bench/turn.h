// Who runs when, where several take turns in rounds.
#pragma once

#include <cstddef>

namespace ebb::bench {

/// Which of `count` subjects is the n-th of a task in a round: the order turns by one a task and
/// every second round, and goes backwards in every second round, so that none always runs first,
/// or always after the same other.
[[nodiscard]] constexpr std::size_t turn(std::size_t round, std::size_t task, std::size_t n,
                                         std::size_t count) noexcept {
    // Every second round backwards: turning alone would keep who follows whom.
    const std::size_t place = round % 2 == 0 ? n : count - 1 - n;
    return (round / 2 + task + place) % count;
}

} // namespace ebb::bench
