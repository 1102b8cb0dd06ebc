#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>

#include <tests/alloc/engine/stress/actors.h>
#include <tests/support/forked.h>
#include <tests/support/wait.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace stress {
namespace {

namespace engine = ebb::engine;
using tests::below;

// Under a sanitizer a fork costs ten times as much.
constexpr std::size_t most_ms_between = tests::sanitized ? 500 : 40;

void pause_between(tests::random_engine& random) {
    tests::idle(below(random, 1000 * most_ms_between));
}

// Ends a child at once: _exit would have the thread sanitizer look for threads that the child
// hasn't got.
[[noreturn]] void leave(int status) {
    ::syscall(SYS_exit_group, status);
    ::_exit(status);
}

// A child that does `f()` and leaves.
template <class F>
pid_t fork_child(F&& f) {
    const pid_t child = tests::fork_child([&] {
        f();
        leave(0);
    });
    if (child < 0) {
        fail("fork: %s", std::strerror(errno));
    }
    return child;
}

// What a child finds must be whole: no call of the parent's other threads is half done in it. Then
// it works alone, or where threads can be started after a fork, with two more, and the ledger must
// have moved by just what they did.
void live(exchange& others, std::uint64_t seed) {
    engine::validate();
    const ebb_ledger before = engine::read_ledger();
    if (before.mapped !=
        before.requested + before.slack + before.dead + before.idle + before.overhead) {
        fail("a child's terms don't add up to its mapped bytes");
    }
    if (ebb::sanitized) {
        return; // another thread may have held the lock of the sanitizer's own malloc
    }
    constexpr std::size_t most_threads = 2;
    books done[most_threads + 1];
    const auto part = [&others, seed](books& mine, std::uint64_t which) {
        worker w(others, seed + which);
        for (std::size_t steps = below(w.random(), 300); steps > 0; --steps) {
            w.step();
        }
        w.drop_all();
        mine = w.count();
    };
    std::vector<std::thread> threads;
    for (std::size_t t = seed % (most_threads + 1); t > 0; --t) {
        threads.emplace_back(part, std::ref(done[t]), t);
    }
    part(done[0], 0);
    for (std::thread& t : threads) {
        t.join();
    }
    books sum;
    for (const books& each : done) {
        sum.add(each);
    }
    const ebb_ledger after = engine::read_ledger();
    if (static_cast<std::int64_t>(after.requested - before.requested) != sum.requested ||
        after.allocations - before.allocations != sum.allocations ||
        after.frees - before.frees != sum.frees) {
        fail("the ledger of a child and its books disagree");
    }
    engine::validate();
}

enum class company { never, perhaps, always };

struct misuse {
    const char* name;
    const char* message;
    void (*commit)();
    company threads = company::perhaps;  ///< that go on calling meanwhile
    const char* other_message = message; ///< that is as right
};

template <std::size_t Bytes>
void free_twice() {
    void* const p = engine::allocate(Bytes);
    engine::deallocate(p);
    engine::deallocate(p);
}

// What is written over the mark of a free slot hides it until the slot comes to its span twice,
// under the bin's lock.
void free_twice_unseen() {
    void* const p = engine::allocate(64);
    engine::deallocate(p);
    std::memset(p, 1, 64);
    engine::deallocate(p);
}

constexpr misuse misuses[] = {
    {"a double free of a slot that its block fills", "ebb: double free of", free_twice<64>},
    {"a double free of a slot with a tail", "ebb: double free of", free_twice<1000>},
    // Once it has joined the free run before it, its address is no block's. Another thread might
    // have it by then: its free would be a right one.
    {"a double free of a large block", "ebb: double free of", free_twice<2 * ebb::mib>,
     company::never, "ebb: free of an address that is no block's"},
    {"a double free that another free hid", "ebb: double free of",
     [] {
         free_twice_unseen();
         static_cast<void>(engine::purge::all());
     },
     company::never}, // their sweep might be the one that finds it
    {"a free of a foreign address", "ebb: free of an address that is no block's",
     [] {
         int local = 0;
         void* volatile hidden = &local; // from the compiler, which would warn
         engine::deallocate(hidden);
     }},
    {"a free inside of a block", "ebb: free of an address inside of a block",
     [] { engine::deallocate(ebb::advance(engine::allocate(1000), 16)); }},
    {"a write past a block's end", "ebb: written past its end",
     [] {
         auto* const p = static_cast<unsigned char*>(engine::allocate(63));
         p[63] = 0;
         engine::deallocate(p);
     }},
    // The last, because it needs a thread.
    {"a double free that ebb's own thread finds", "ebb: double free of",
     [] {
         engine::companion::load(::pthread_create);
         free_twice_unseen();
         for (;;) {
             ::pause();
         }
     },
     company::always},
};

// Threads that go on calling while another is stopped, with blocks of all sizes. Returns when all
// have called.
void start_company() {
    constexpr int count = 2;
    static std::atomic<int> here{0};
    for (int t = 0; t < count; ++t) {
        std::thread([] {
            engine::deallocate(engine::allocate(1));
            ++here;
            for (std::size_t n = 1;; n = n * 7 % 6'000'011) {
                engine::deallocate(engine::allocate(n)); // null once the heap is closed
            }
        }).detach();
    }
    while (here < count) {
        std::this_thread::yield();
    }
}

// Returns where nothing stopped it.
void commit(const misuse& what, int write_end, bool in_company) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(write_end, STDERR_FILENO);
    if (in_company) {
        start_company();
    }
    what.commit();
}

} // namespace

void fork_children(const stage& s) {
    tests::random_engine random(s.seed);
    books none;
    while (s.quiet_points.goes_on(none)) {
        const std::uint64_t seed = random();
        const pid_t child = fork_child([&] { live(s.others, seed); });
        if (const int status = tests::status_of(child); status != 0) {
            fail("a forked child ended with status %#x", static_cast<unsigned>(status));
        }
        pause_between(random);
    }
}

void fork_misusers(const stage& s) {
    tests::random_engine random(s.seed);
    books none;
    while (s.quiet_points.goes_on(none)) {
        // The thread sanitizer starts no thread in a child of a process with several.
        constexpr std::size_t count = std::size(misuses) - (ebb::thread_sanitized ? 1 : 0);
        const misuse& what = misuses[below(random, count)];
        const bool in_company =
            what.threads == company::always ||
            (what.threads == company::perhaps && !ebb::thread_sanitized && below(random, 2) == 0);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            fail("pipe: %s", std::strerror(errno));
        }
        const pid_t child = fork_child([&] { commit(what, ends[1], in_company); });
        ::close(ends[1]);
        std::string text;
        char part[1024];
        for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;) {
            text.append(part, static_cast<std::size_t>(n));
        }
        ::close(ends[0]);
        const int status = tests::status_of(child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT ||
            (text.find(what.message) == std::string::npos &&
             text.find(what.other_message) == std::string::npos)) {
            fail("%s: status %#x, and on standard error: %.300s", what.name,
                 static_cast<unsigned>(status), text.c_str());
        }
        pause_between(random);
    }
}

} // namespace stress
