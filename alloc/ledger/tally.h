// The counters behind one arena: plain, for one thread at a time, with exact peaks.
//
// Cost: handing a block out is two additions; taking it back is two subtractions and two
// comparisons. Peaks are folded only where a sum is about to fall: between two falls a sum only
// rises, so its highest value is the one it has at the next fall, or now.
#pragma once

#include <ebb/alloc/base/check.h>
#include <ebb/alloc/ledger/ledger.h>

#include <algorithm>
#include <cstdint>

namespace ebb {

/// One arena's account of its bytes. `slack` and `idle` are what the kept sums leave; an arena's
/// `validate()` finds both again by walking its structures.
/// Threads: one at a time, like the arena that owns it.
class tally {
  public:
    /// A block of `requested` bytes leaves in a slot of `slot` bytes.
    void charge(std::uint64_t requested, std::uint64_t slot) noexcept {
        requested_ += requested;
        occupied_ += slot;
    }

    /// The block comes back and its slot is reusable at once.
    void refund(std::uint64_t requested, std::uint64_t slot) noexcept {
        fold();
        requested_ -= requested;
        occupied_ -= slot;
    }

    /// The block comes back, but its `slot` bytes are not reusable yet.
    void bury(std::uint64_t requested, std::uint64_t slot) noexcept {
        fold();
        requested_ -= requested;
        dead_ += slot;
    }

    /// `bytes` of dead slots become reusable.
    void reclaim(std::uint64_t bytes) noexcept {
        fold();
        dead_ -= bytes;
        occupied_ -= bytes;
    }

    /// `bytes` that were dead turn out to belong to a slot that lives on.
    void count_dead_as_slack(std::uint64_t bytes) noexcept { dead_ -= bytes; }

    /// `bytes` arrive from below, `overhead` of them for the arena's own use.
    void map(std::uint64_t bytes, std::uint64_t overhead) noexcept {
        mapped_ += bytes;
        overhead_ += overhead;
    }

    /// The reverse of `map`.
    void unmap(std::uint64_t bytes, std::uint64_t overhead) noexcept {
        peak_mapped_ = std::max(peak_mapped_, mapped_);
        mapped_ -= bytes;
        overhead_ -= overhead;
    }

    /// The ledger now. Stops the program when a counter has run below zero.
    [[nodiscard]] ledger read() const noexcept {
        EBB_CHECK(requested_ + dead_ <= occupied_, "ledger: more given back than handed out");
        EBB_CHECK(occupied_ + overhead_ <= mapped_, "ledger: more handed out than mapped");
        ledger l;
        l.requested = requested_;
        l.slack = occupied_ - requested_ - dead_;
        l.dead = dead_;
        l.idle = mapped_ - occupied_ - overhead_;
        l.overhead = overhead_;
        l.mapped = mapped_;
        l.peak = std::max(peak_, occupied_);
        l.peak_requested = std::max(peak_requested_, requested_);
        l.peak_mapped = std::max(peak_mapped_, mapped_);
        return l;
    }

  private:
    // A branch each: a peak is seldom a new one, and isn't written then.
    void fold() noexcept {
        if (occupied_ > peak_) {
            peak_ = occupied_;
        }
        if (requested_ > peak_requested_) {
            peak_requested_ = requested_;
        }
    }

    // Counters that change together don't stand side by side: a compiler that joins two of them in
    // one 16-byte store makes the next 8-byte load wait for it (7.5 ns instead of 2.8 for a pair).
    std::uint64_t requested_ = 0;
    std::uint64_t overhead_ = 0;
    std::uint64_t occupied_ = 0; // requested + slack + dead
    std::uint64_t peak_mapped_ = 0;
    std::uint64_t peak_requested_ = 0;
    std::uint64_t mapped_ = 0;
    std::uint64_t peak_ = 0;
    std::uint64_t dead_ = 0;
};

} // namespace ebb
