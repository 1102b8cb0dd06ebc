// Counters that are read while they are written.
//
// Cost: a plain word's. Threads: said of each function.
#pragma once

#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/shared.h>

namespace ebb::engine {

/// A number that one thread at a time writes, its owner or who holds its lock, and any thread reads
/// without. To the compiler the writer's accesses are plain:
/// then an addition to memory is one instruction, which relaxed atomics don't become (0.4 ns a
/// pair). They are single aligned words, so a reader sees a value that stood there.
template <class T>
class owned {
  public:
    constexpr owned() noexcept = default;

    /// Any thread.
    [[nodiscard]] T get() const noexcept { return load_relaxed(value_); }

    /// The same where the compiler may read it with what it compares it to, in one instruction: for
    /// a value that the reader doesn't rely on while another writes it.
    [[nodiscard]] T peek() const noexcept {
        if constexpr (thread_sanitized || os::noisy) {
            return get();
        } else {
            return value_;
        }
    }

    /// The writer alone.
    void set(T value) noexcept { store_relaxed(value_, value); }
    void add(T value) noexcept {
        if constexpr (thread_sanitized || os::noisy) {
            set(get() + value);
        } else {
            value_ += value;
        }
    }
    void subtract(T value) noexcept { add(static_cast<T>(T{0} - value)); }

  private:
    T value_{};
};

} // namespace ebb::engine
