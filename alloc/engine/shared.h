// Words that several threads write, and the one home of atomic accesses in the engine. (A number
// with one writer is owned.h's.)
//
// `shared<T>` is std::atomic<T> itself. In the noisy build (os/noise.h) it is a class with the same
// members, which makes noise before and after each access. A test holds the engine to this: no
// other file of this folder names std::atomic<> or __atomic_*.
//
// Cost: std::atomic's. Threads: any.
#pragma once

#include <ebb/alloc/os/noise.h>

#include <atomic>

namespace ebb::engine {

/// The value of a plain word that another thread may be writing.
template <class T>
[[nodiscard]] inline T load_relaxed(const T& word) noexcept {
    const os::noise_around here;
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

/// Writes a plain word that another thread may be reading.
template <class T>
inline void store_relaxed(T& word, T value) noexcept {
    const os::noise_around here;
    __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}

#if EBB_NOISE

template <class T>
class shared {
  public:
    using order = std::memory_order;
    static constexpr order strict = order::seq_cst;

    constexpr shared() noexcept = default;
    explicit constexpr shared(T value) noexcept : value_(value) {}
    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    [[nodiscard]] T load(order o = strict) const noexcept {
        const os::noise_around here;
        return value_.load(o);
    }
    void store(T value, order o = strict) noexcept {
        const os::noise_around here;
        value_.store(value, o);
    }
    T exchange(T value, order o = strict) noexcept {
        const os::noise_around here;
        return value_.exchange(value, o);
    }
    T fetch_add(T value, order o = strict) noexcept {
        const os::noise_around here;
        return value_.fetch_add(value, o);
    }
    bool compare_exchange_strong(T& expected, T value, order o = strict) noexcept {
        const os::noise_around here;
        return value_.compare_exchange_strong(expected, value, o);
    }
    bool compare_exchange_weak(T& expected, T value, order o = strict) noexcept {
        const os::noise_around here;
        return value_.compare_exchange_weak(expected, value, o);
    }

    /// For the futex, which takes the word itself.
    operator const std::atomic<T>&() const noexcept { return value_; } // NOLINT: as the alias does

  private:
    std::atomic<T> value_{};
};

#else

template <class T>
using shared = std::atomic<T>;

#endif

} // namespace ebb::engine
