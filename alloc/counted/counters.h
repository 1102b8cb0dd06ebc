// What the program holds of the next malloc: a record of counters a thread, summed by the reader.
//
// Cost: counting a block is seven additions and two comparisons on two cache lines of the thread's
// own, without a lock or an atomic read-modify-write; 8 KiB a thread that runs at the same time.
//
// A record's thread alone writes it, with relaxed loads and stores, and all totals only rise. A
// reader takes the refunds before the charges: each refund that it saw came after its charge, so it
// never finds more given back than handed out. A charge writes usable bytes before requested ones,
// a refund after them, and the reader goes the other way: it never finds less usable than
// requested. The child of a fork finishes or undoes what other threads' records have in part
// (mend.h, which needs the stores' order). When a thread ends its record waits, totals and all, for
// the next thread to begin. What a thread still does after its record has left (destructors of
// other keys, the C library's own) goes to a shared record, as does everything when no memory can
// be had: read-modify-writes there.
//
// Peaks: each record knows the highest that it stood itself, exact while it is the only one; with
// more a thread tells a common sum whenever it has moved by 64 KiB, so that the peak is within
// threads x 64 KiB.
#pragma once

#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/thread_records.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ebb::counted {

inline constexpr std::int64_t quantum_bytes = 64 * 1024;
inline constexpr std::size_t class_bytes = 8;
inline constexpr std::size_t classed_bytes = 1024; ///< usable bytes that have a class by size

/// The class of a block: its usable bytes in units of 8; 0 for those above 1,024 or not in units.
[[nodiscard]] constexpr std::size_t class_of(std::uint64_t usable) noexcept {
    return usable <= classed_bytes && usable % class_bytes == 0 ? usable / class_bytes : 0;
}

inline constexpr std::size_t class_count = classed_bytes / class_bytes + 1;

struct class_counters {
    std::atomic<std::uint64_t> charged_blocks{0};
    std::atomic<std::uint64_t> charged_requested{0};
    std::atomic<std::uint64_t> refunded_blocks{0};
    std::atomic<std::uint64_t> refunded_requested{0};
};

struct alignas(64) record {
    constexpr record() noexcept = default;
    explicit constexpr record(os::record_owner::everybody all) noexcept : owner(all) {}

    std::atomic<std::uint64_t> charged_requested{0};
    std::atomic<std::uint64_t> charged_usable{0};
    std::atomic<std::uint64_t> refunded_requested{0};
    std::atomic<std::uint64_t> refunded_usable{0};
    std::atomic<std::uint64_t> allocations{0};
    std::atomic<std::uint64_t> frees{0};
    std::atomic<std::int64_t> told{0}; ///< requested bytes that the common sum has heard of
    std::atomic<std::int64_t> peak{0}; ///< the highest that requested bytes stood in this record

    std::atomic<std::uint64_t> classless_charged{0}; ///< usable bytes of class 0
    std::atomic<std::uint64_t> classless_refunded{0};
    std::atomic<std::uint64_t> exchanged_in{0}; ///< blocks that came by no call of their own
    std::atomic<std::uint64_t> exchanged_out{0};

    /// What its thread is doing: 0, or a class and a direction.
    std::atomic<std::uint32_t> doing{0};
    static constexpr std::uint32_t charges = 1;
    static constexpr std::uint32_t refunds = 2;
    [[nodiscard]] static constexpr std::uint32_t doing_word(std::size_t index,
                                                            std::uint32_t what) noexcept {
        return bounded<std::uint32_t>(index * 4 + what);
    }
    /// The block that an exchange takes back when it has handed out the other.
    std::atomic<bool> owes{false};
    std::uint64_t owed_requested = 0;
    std::uint64_t owed_usable = 0;
    std::uint64_t owed_after = 0; ///< `exchanged_in` before it

    record* next = nullptr;
    os::record_owner owner;

    // Last: a thread with small blocks alone touches one page.
    class_counters classes[class_count];

    [[nodiscard]] std::int64_t live() const noexcept {
        return static_cast<std::int64_t>(charged_requested.load(std::memory_order_relaxed) -
                                         refunded_requested.load(std::memory_order_relaxed));
    }
};

/// A block's two sizes.
struct block {
    std::uint64_t requested = 0;
    std::uint64_t usable = 0;
};

/// What makes a thread's calls take a second look; 0 nearly always, so that the way itself asks for
/// one byte.
enum aside : unsigned char {
    in_operator = 1, ///< a new or delete of the next malloc's is under way
    probing = 2,     ///< the shim asks for itself: nothing is counted
    has_early = 4,   ///< blocks wait for the next malloc to tell their sizes: counted/early.h
};

struct thread_state {
    record* mine = nullptr;
    const void* charged = nullptr;  ///< the last block that was counted while `in_operator`
    const void* deleting = nullptr; ///< counted already: the next malloc's own delete has it
    unsigned char aside = 0;
    bool is_resolving = false; ///< the next malloc is being looked up
    bool is_shared = false;    ///< counts in the shared record for good: the thread ends

    [[nodiscard]] bool is(counted::aside what) const noexcept { return (aside & what) != 0; }
    void set(counted::aside what, bool value) noexcept {
        aside = bounded<unsigned char>(value ? aside | what : aside & ~what);
    }
};

extern constinit thread_local thread_state self __attribute__((tls_model("initial-exec")));

/// The common sum hears of `drift` requested bytes.
[[gnu::cold]] void tell(std::int64_t drift) noexcept;

// The owner's own addition: nobody else writes, so no read-modify-write is needed.
inline void add(std::atomic<std::uint64_t>& total, std::uint64_t amount,
                std::memory_order order = std::memory_order_relaxed) noexcept {
    total.store(total.load(std::memory_order_relaxed) + amount, order);
}

inline void tell_if_far(record& r, std::int64_t live) noexcept {
    const std::int64_t drift = live - r.told.load(std::memory_order_relaxed);
    if (drift >= quantum_bytes || drift <= -quantum_bytes) [[unlikely]] {
        r.told.store(live, std::memory_order_relaxed);
        tell(drift);
    }
}

inline void raise_peak(record& r, std::int64_t live) noexcept {
    if (live > r.peak.load(std::memory_order_relaxed)) {
        r.peak.store(live, std::memory_order_relaxed);
    }
}

// Keeps stores in their order, against the compiler; the processor's follow from release.
inline void in_order() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

// The sums alone, peak and common sum left behind. `calls` is r.allocations or r.exchanged_in.
inline void add_charge(record& r, block b, std::atomic<std::uint64_t>& calls) noexcept {
    const std::size_t index = class_of(b.usable);
    class_counters& of_class = r.classes[index];
    r.doing.store(record::doing_word(index, record::charges), std::memory_order_relaxed);
    in_order();
    if (index == 0) [[unlikely]] {
        add(r.classless_charged, b.usable);
    }
    add(of_class.charged_blocks, 1, std::memory_order_release);
    add(of_class.charged_requested, b.requested, std::memory_order_release);
    add(r.charged_usable, b.usable, std::memory_order_release);
    add(r.charged_requested, b.requested, std::memory_order_release);
    add(calls, 1, std::memory_order_release);
    r.doing.store(0, std::memory_order_release);
}

// The same; `calls` is r.frees or r.exchanged_out.
inline void add_refund(record& r, block b, std::atomic<std::uint64_t>& calls) noexcept {
    const std::size_t index = class_of(b.usable);
    class_counters& of_class = r.classes[index];
    r.doing.store(record::doing_word(index, record::refunds), std::memory_order_relaxed);
    in_order();
    add(of_class.refunded_requested, b.requested);
    if (index == 0) [[unlikely]] {
        add(r.classless_refunded, b.usable, std::memory_order_release);
    }
    add(of_class.refunded_blocks, 1, std::memory_order_release);
    add(r.refunded_requested, b.requested, std::memory_order_release);
    add(r.refunded_usable, b.usable, std::memory_order_release);
    add(calls, 1, std::memory_order_release);
    r.doing.store(0, std::memory_order_release);
}

/// Counts a block that leaves, by a call of its own. Requires: `r` is the calling thread's.
inline void charge_to(record& r, block b) noexcept {
    add_charge(r, b, r.allocations);
    const std::int64_t live = r.live();
    raise_peak(r, live);
    tell_if_far(r, live);
}

/// Counts a block that comes back, by a call of its own. Requires: `r` is the calling thread's.
inline void refund_to(record& r, block b) noexcept {
    add_refund(r, b, r.frees);
    tell_if_far(r, r.live());
}

/// Counts a block that takes another's place, as no call of its own: never are both in the peak. A
/// reader may meet both for a moment, never neither. Requires: `r` is the calling thread's.
inline void exchange_in(record& r, block old, block now) noexcept {
    r.owed_requested = old.requested;
    r.owed_usable = old.usable;
    r.owed_after = r.exchanged_in.load(std::memory_order_relaxed);
    r.owes.store(true, std::memory_order_release);
    in_order();
    add_charge(r, now, r.exchanged_in);
    add_refund(r, old, r.exchanged_out);
    r.owes.store(false, std::memory_order_release);
    const std::int64_t live = r.live();
    raise_peak(r, live);
    tell_if_far(r, live);
}

/// As charge_to, refund_to and exchange_in, for a thread that may have no record.
void charge(block b) noexcept;
void refund(block b) noexcept;
void exchange(block old, block now) noexcept;

/// All threads' sums.
struct totals {
    std::uint64_t requested = 0;
    std::uint64_t usable = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t peak_requested = 0;
    std::uint64_t records = 0; ///< that ever counted: threads that ran at the same time
};

/// Cost: two cache lines a record, four times; more where the caller loses its processor between.
/// No lock, no allocation: safe in a signal handler.
[[nodiscard]] totals read_totals() noexcept;

struct class_totals {
    std::uint64_t ever_blocks = 0;
    std::uint64_t blocks = 0;
    std::uint64_t requested = 0;
    std::uint64_t usable = 0;
};

/// One class over all threads, as above. Requires: `index` < `class_count`.
[[nodiscard]] class_totals read_class(std::size_t index) noexcept;

} // namespace ebb::counted
