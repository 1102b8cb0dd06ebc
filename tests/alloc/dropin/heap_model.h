// A naive model of a process's heap for programs that run under libebbcount.so: what the program
// itself did, in plain sums, beside what the ledger says. Takes no memory from malloc, so that
// nothing but the calls under test moves the counters.
#pragma once

#include <ebb/ebb.h>

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
// C23's and an old one; younger or older than the C library's headers.
void free_sized(void* p, std::size_t n);
void free_aligned_sized(void* p, std::size_t alignment, std::size_t n);
void cfree(void* p);
}

namespace tests {

inline ebb_ledger read_heap() {
    ebb_ledger l{};
    if (ebb_heap_ledger(&l, sizeof l) != 0) {
        std::abort();
    }
    return l;
}

/// A function of the malloc behind the shim, from its own library (EBB_NEXT, as the test was
/// started with; the C library without one).
template <class F>
F* next_function(const char* name) {
    const char* const next = std::getenv("EBB_NEXT");
    void* const library =
        ::dlopen(next != nullptr && *next != '\0' ? next : "libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void* const symbol = library != nullptr ? ::dlsym(library, name) : nullptr;
    if (symbol == nullptr) {
        std::abort();
    }
    return reinterpret_cast<F*>(symbol);
}

/// The usable bytes of a block as that malloc tells them. Looked up before main: it allocates.
inline auto* const next_usable = next_function<std::size_t(void*)>("malloc_usable_size");

/// Sums of what the program did since some moment.
struct sums {
    std::uint64_t requested = 0;
    std::uint64_t usable = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;

    sums& operator+=(const sums& other) {
        requested += other.requested;
        usable += other.usable;
        allocations += other.allocations;
        frees += other.frees;
        return *this;
    }
    friend bool operator==(const sums&, const sums&) = default;
};

/// What the ledger moved by since `before`. Unsigned on purpose: sums of one part may fall below.
inline sums moved(const ebb_ledger& before, const ebb_ledger& now) {
    return {now.requested - before.requested,
            now.requested + now.slack - before.requested - before.slack,
            now.allocations - before.allocations, now.frees - before.frees};
}

enum class way : unsigned char {
    plain, ///< malloc's kin: free
    new_one,
    new_array,
    new_aligned,
    new_aligned_array,
};

struct live_block {
    unsigned char* p = nullptr;
    std::size_t requested = 0;
    std::size_t usable = 0;
    std::size_t alignment = 0; ///< of new_aligned and new_aligned_array; aligned_alloc's
    way by = way::plain;
    unsigned char mark = 0;
};

/// Small, cheap and enough: a test under a foreign malloc must not take a byte itself.
class dice {
  public:
    explicit dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
    std::uint64_t roll() {
        state_ ^= state_ << 13U;
        state_ ^= state_ >> 7U;
        state_ ^= state_ << 17U;
        return state_;
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(roll() >> 11U) % bound; }

    /// Mostly small; often right at a class's edge, where a block has no room for a remainder.
    std::size_t size() {
        switch (below(12)) {
        case 0:
            return 0;
        case 1:
            return std::size_t{1} << below(16);
        case 2:
            return (std::size_t{1} << below(12)) + 1;
        case 3:
            return 24 + 16 * below(70);
        case 4:
            return 8 * below(200);
        case 5:
            return 200 + below(100);
        case 6:
            return 1000 + below(100);
        case 7:
            return below(40'000);
        case 8:
            return below(20) == 0 ? below(3'000'000) : below(5000);
        default:
            return below(300);
        }
    }

  private:
    std::uint64_t state_;
};

/// Fills what the program may use: its requested bytes, and, by `all`, those that
/// malloc_usable_size promises beyond them.
inline void fill(live_block& b, bool all) {
    const std::size_t n = all ? ::malloc_usable_size(b.p) : b.requested;
    std::memset(b.p, b.mark, n);
}

/// Whether the block still holds what was written.
inline bool is_whole(const live_block& b, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        if (b.p[i] != b.mark) {
            return false;
        }
    }
    return true;
}

// The three are opaque to the compiler, which would follow a block from one's function to
// another's.

/// Takes a block by any function of the surface; adds it to `s`.
[[gnu::noinline]] inline live_block take(dice& d, sums& s) {
    live_block b;
    const std::size_t n = d.size();
    b.requested = n;
    b.mark = static_cast<unsigned char>(d.roll());
    const std::size_t alignment = std::size_t{16} << d.below(5);
    const auto wide = std::align_val_t{alignment};
    void* p = nullptr;
    switch (d.below(20)) {
    case 0:
    case 1:
    case 2:
        p = std::malloc(n);
        break;
    case 3:
        p = std::calloc(1, n);
        break;
    case 4:
        p = std::calloc(n / 8, 8), b.requested = n / 8 * 8;
        break;
    case 5:
        p = std::realloc(nullptr, n);
        break;
    case 6:
        p = ::reallocarray(nullptr, n / 4, 4), b.requested = n / 4 * 4;
        break;
    case 7:
        p = ::aligned_alloc(alignment, n), b.alignment = alignment;
        break;
    case 8:
        p = ::posix_memalign(&p, alignment, n) == 0 ? p : nullptr;
        break;
    case 9:
        p = ::memalign(alignment, n);
        break;
    case 10:
        p = d.below(8) == 0 ? ::valloc(n) : std::malloc(n);
        break;
    case 11:
        p = d.below(8) == 0 ? ::pvalloc(n) : std::malloc(n);
        break;
    case 12:
        p = ::operator new(n), b.by = way::new_one;
        break;
    case 13:
        p = ::operator new[](n), b.by = way::new_array;
        break;
    case 14:
        p = ::operator new(n, std::nothrow), b.by = way::new_one;
        break;
    case 15:
        p = ::operator new[](n, std::nothrow), b.by = way::new_array;
        break;
    case 16:
        p = ::operator new(n, wide), b.by = way::new_aligned;
        break;
    case 17:
        p = ::operator new[](n, wide), b.by = way::new_aligned_array;
        break;
    case 18:
        p = ::operator new(n, wide, std::nothrow), b.by = way::new_aligned;
        break;
    default:
        p = ::operator new[](n, wide, std::nothrow), b.by = way::new_aligned_array;
        break;
    }
    if (b.by == way::new_aligned || b.by == way::new_aligned_array) {
        b.alignment = alignment;
    }
    if (p == nullptr) {
        std::abort();
    }
    b.p = static_cast<unsigned char*>(p);
    b.usable = next_usable(p);
    fill(b, d.below(3) == 0);
    s += {b.requested, b.usable, 1, 0};
    return b;
}

/// Gives the block back by a function that fits the one it came by.
[[gnu::noinline]] inline void give(dice& d, live_block& b, sums& s) {
    if (!is_whole(b, b.requested)) {
        std::abort();
    }
    s += {0 - b.requested, 0 - b.usable, 0, 1};
    const auto wide = std::align_val_t{b.alignment};
    // jemalloc 5.3's sized and aligned delete puts a block of 0 bytes among those of 8: with the
    // shim and without.
    const bool is_nothing = b.requested == 0 && b.by != way::plain;
    const std::size_t how = is_nothing ? 1 + d.below(2) : d.below(3);
    // By statements: clang 14 runs both sides of a conditional whose sides are operator delete.
    switch (b.by) {
    case way::plain:
        if (how == 0 && b.alignment != 0) {
            free_aligned_sized(b.p, b.alignment, b.requested);
        } else if (how == 0) {
            free_sized(b.p, b.requested);
        } else if (how == 1) {
            cfree(b.p);
        } else {
            std::free(b.p);
        }
        break;
    case way::new_one:
        if (how == 0) {
            ::operator delete(b.p, b.requested);
        } else if (how == 1) {
            ::operator delete(b.p, std::nothrow);
        } else {
            ::operator delete(b.p);
        }
        break;
    case way::new_array:
        if (how == 0) {
            ::operator delete[](b.p, b.requested);
        } else if (how == 1) {
            ::operator delete[](b.p, std::nothrow);
        } else {
            ::operator delete[](b.p);
        }
        break;
    case way::new_aligned:
        if (how == 0) {
            ::operator delete(b.p, b.requested, wide);
        } else if (how == 1) {
            ::operator delete(b.p, wide, std::nothrow);
        } else {
            ::operator delete(b.p, wide);
        }
        break;
    case way::new_aligned_array:
        if (how == 0) {
            ::operator delete[](b.p, b.requested, wide);
        } else if (how == 1) {
            ::operator delete[](b.p, wide, std::nothrow);
        } else {
            ::operator delete[](b.p, wide);
        }
        break;
    }
    b = {};
}

/// Moves a plain block to another size; a size of 0 gives it back where the malloc reads it so.
[[gnu::noinline]] inline void resize(dice& d, live_block& b, sums& s) {
    const std::size_t n = d.size();
    s += {0 - b.requested, 0 - b.usable, 0, 0};
    const std::size_t kept = n < b.requested ? n : b.requested;
    void* const p = d.below(2) == 0 ? std::realloc(b.p, n) : ::reallocarray(b.p, n, 1);
    if (p == nullptr) {
        if (n != 0) {
            std::abort();
        }
        s.frees += 1;
        b = {};
        return;
    }
    b.p = static_cast<unsigned char*>(p);
    if (!is_whole(b, kept)) {
        std::abort();
    }
    b.requested = n;
    b.usable = next_usable(p);
    b.alignment = 0;
    s += {b.requested, b.usable, 0, 0};
    fill(b, d.below(3) == 0);
}

/// One random step on a table of blocks.
inline void step(dice& d, live_block* blocks, std::size_t count, sums& s) {
    live_block& b = blocks[d.below(count)];
    if (b.p == nullptr) {
        b = take(d, s);
    } else if (b.by == way::plain && d.below(3) == 0) {
        resize(d, b, s);
    } else {
        give(d, b, s);
    }
}

inline void give_all(dice& d, live_block* blocks, std::size_t count, sums& s) {
    for (std::size_t i = 0; i < count; ++i) {
        if (blocks[i].p != nullptr) {
            give(d, blocks[i], s);
        }
    }
}

/// A plain pthread: std::thread takes a block for its own state. A small stack: the C library keeps
/// 40 MB of them, with the blocks that belong to them.
inline pthread_t begin(void* (*start)(void*), void* argument) {
    pthread_attr_t small;
    pthread_t thread{};
    if (::pthread_attr_init(&small) != 0 || ::pthread_attr_setstacksize(&small, 256 * 1024) != 0 ||
        ::pthread_create(&thread, &small, start, argument) != 0) {
        std::abort();
    }
    ::pthread_attr_destroy(&small);
    return thread;
}

/// Whether sums stay exact while a thread begun now takes and gives at the same time as the caller:
/// in the child of a fork, that it doesn't share the caller's counters.
inline bool is_exact_beside_a_thread(std::uint64_t seed, live_block* blocks, std::size_t count) {
    static constexpr std::uint64_t pairs = 300'000;
    static std::atomic<int> stage;
    stage = 0;
    const auto work = +[](void*) -> void* {
        std::free(std::malloc(100));
        stage = 1;
        while (stage.load() != 2) {
        }
        for (std::uint64_t i = 0; i < pairs; ++i) {
            std::free(std::malloc(100));
        }
        stage = 3;
        while (stage.load() != 4) {
        }
        return nullptr;
    };
    const pthread_t thread = begin(work, nullptr);
    while (stage.load() != 1) {
    }
    const ebb_ledger begun = read_heap();
    stage = 2;
    sums model;
    dice d(seed);
    while (stage.load() != 3) {
        step(d, blocks, count, model);
    }
    model += {0, 0, pairs, pairs};
    const bool is_same = moved(begun, read_heap()) == model;
    stage = 4;
    return ::pthread_join(thread, nullptr) == 0 && is_same;
}

} // namespace tests
