// One thread's random use of the engine: blocks of all sizes whose contents are checked, and blocks
// that pass from thread to thread.
#pragma once

#include <tests/alloc/engine/stress/books.h>
#include <tests/support/random.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace stress {

struct block {
    unsigned char* at = nullptr;
    std::size_t size = 0;
    unsigned char fill = 0;
};

using parcel = std::vector<block>;

/// Where blocks pass from thread to thread: who takes a parcel out owns its blocks.
class exchange {
  public:
    exchange() = default;
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange();

    /// Leaves `mine` (may be null) at that place and returns what lay there. Any thread.
    [[nodiscard]] std::unique_ptr<parcel> swap(std::size_t place, std::unique_ptr<parcel> mine);

    static constexpr std::size_t places = 32;

  private:
    std::atomic<parcel*> at_[places] = {};
};

/// Owned by one thread.
class worker {
  public:
    worker(exchange& others, std::uint64_t seed) : others_(others), random_(seed) {}
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// One random operation. Fails the run where the engine breaks a promise.
    void step();
    /// Frees every block that it has.
    void drop_all();
    /// Takes what lies in the exchange, for drop_all().
    void take_all();

    [[nodiscard]] books& count() { return books_; }
    [[nodiscard]] tests::random_engine& random() { return random_; }

  private:
    [[nodiscard]] std::size_t size();
    void add(void* p, std::size_t size);
    void add_zeroed();
    void add_aligned();
    void resize();
    void use_all_of_one();
    void drop(std::size_t which);
    void trade();
    void burst();

    exchange& others_;
    tests::random_engine random_;
    parcel blocks_;
    std::size_t live_bytes_ = 0;
    books books_;
};

} // namespace stress
