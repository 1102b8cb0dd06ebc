// Sleeping until a word changes: the raw futex, for the lock and the background thread.
// No errno, no thread-local storage, so that a thread without libc's own may call it.
#pragma once

#include <atomic>
#include <cstdint>

namespace ebb::os {

/// Sleeps while `word` holds `value`, at most `milliseconds` (for ever without a limit: negative).
/// Wakes also for no reason. Restarts nothing: a caller looks at the word again.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                long milliseconds = -1) noexcept;

/// Wakes up to `threads` that sleep on `word`.
void futex_wake(const std::atomic<std::uint32_t>& word, int threads) noexcept;

/// Lets another thread have this processor.
void yield() noexcept;

} // namespace ebb::os
