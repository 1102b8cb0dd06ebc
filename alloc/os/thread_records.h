// Records of threads: a list that grows and never shrinks, so that readers walk it without a lock.
// A thread has one as long as it lives; then it waits, totals and all, for the next thread.
//
// Who has a record is one word in it, the generation of the process in which its thread lives. A
// forked child is a new generation: so it lets go of all records but its own by one store, holding
// nothing and writing to none of them, and no lock stands in a fork's way.
//
//     record   | owner | ...        0: nobody     generation: a thread of this process
//                                   an older one: a thread that isn't here
//
// Cost: a thread's start is two loads and a store where all records have owners, and a walk over
// them otherwise. Threads: any.
#pragma once

#include <ebb/alloc/os/noise.h>

#include <atomic>
#include <cstdint>

namespace ebb::os {

/// The word in a record.
class record_owner {
  public:
    constexpr record_owner() noexcept = default;
    /// For a record that no thread may take.
    enum class everybody { here };
    explicit constexpr record_owner(everybody) noexcept : generation_(UINT32_MAX) {}

  private:
    template <class Record>
    friend class thread_records;
    std::atomic<std::uint32_t> generation_{0};
};

/// `Record` has a `record_owner owner` and a `Record* next`, which is this list's.
template <class Record>
class thread_records {
  public:
    /// `first` is in the list from the start.
    explicit constexpr thread_records(Record* first = nullptr) noexcept : first_(first) {}

    [[nodiscard]] Record* first() const noexcept {
        const noise_around here;
        return first_.load(std::memory_order_acquire);
    }
    template <class F>
    void for_each(F&& f) const noexcept {
        for (Record* r = first(); r != nullptr; r = r->next) {
            f(*r);
        }
    }

    /// Whether a thread of this process has it.
    [[nodiscard]] bool has_owner(const Record& r) const noexcept {
        const noise_around here;
        return r.owner.generation_.load(std::memory_order_acquire) ==
               generation_.load(std::memory_order_relaxed);
    }

    /// How many have an owner in this process.
    [[nodiscard]] std::uint32_t owned() const noexcept {
        return owned_.load(std::memory_order_relaxed);
    }

    /// Makes it the caller's. False where somebody has it.
    [[nodiscard]] bool take(Record& r) noexcept {
        const noise_around here;
        const std::uint32_t now = generation_.load(std::memory_order_relaxed);
        std::uint32_t before = r.owner.generation_.load(std::memory_order_relaxed);
        if (before == now || before == UINT32_MAX) {
            return false;
        }
        owned_.fetch_add(1, std::memory_order_relaxed); // first: whoever counts finds it
        if (r.owner.generation_.compare_exchange_strong(before, now, std::memory_order_acq_rel)) {
            return true;
        }
        owned_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }

    /// One that nobody has, now the caller's; null where there is none.
    [[nodiscard]] Record* take_any() noexcept {
        if (owned_.load(std::memory_order_acquire) >= count_.load(std::memory_order_relaxed)) {
            return nullptr;
        }
        Record* r = first();
        while (r != nullptr && !take(*r)) {
            r = r->next;
        }
        return r;
    }

    /// Puts a new one into the list, the caller's from the start.
    void add(Record& r) noexcept {
        const noise_around here;
        r.owner.generation_.store(generation_.load(std::memory_order_relaxed),
                                  std::memory_order_relaxed);
        owned_.fetch_add(1, std::memory_order_relaxed);
        count_.fetch_add(1, std::memory_order_relaxed);
        add_for_all(r);
    }

    /// The same of one whose owner is everybody.
    void add_for_all(Record& r) noexcept {
        r.next = first_.load(std::memory_order_relaxed);
        while (!first_.compare_exchange_weak(r.next, &r, std::memory_order_release)) {
        }
    }

    /// The caller's thread has it no longer.
    void leave(Record& r) noexcept {
        const noise_around here;
        r.owner.generation_.store(0, std::memory_order_release);
        owned_.fetch_sub(1, std::memory_order_release);
    }

    /// In a forked child: no thread is there but the caller, which keeps its own, if it has one.
    void forget_others(Record* own) noexcept {
        const std::uint32_t now = generation_.load(std::memory_order_relaxed) + 1;
        generation_.store(now, std::memory_order_relaxed);
        owned_.store(own != nullptr ? 1 : 0, std::memory_order_relaxed);
        if (own != nullptr) {
            own->owner.generation_.store(now, std::memory_order_relaxed);
        }
    }

  private:
    std::atomic<Record*> first_;
    std::atomic<std::uint32_t> generation_{1};
    std::atomic<std::uint32_t> owned_{0};
    std::atomic<std::uint32_t> count_{0};
};

} // namespace ebb::os
