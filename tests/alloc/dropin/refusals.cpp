// Each system call that the library makes, refused with each error that sandboxes and limits give,
// from some moment on. Then as before: every block has its bytes, calloc gives zeroes, the ledger
// adds up, threads come and go, children are forked. A refusal costs memory, never more.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/refuse.h>

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int not_here = 3;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    _exit(1);
}

// A block whose bytes say which it is.
struct filled {
    unsigned char* at = nullptr;
    std::size_t bytes = 0;
};

void fill(filled& b, std::size_t from, unsigned char with) {
    std::memset(b.at + from, with, b.bytes - from);
}

void check(const filled& b, unsigned char with) {
    for (std::size_t i = 0; i < b.bytes; i += 512) {
        if (b.at[i] != with) {
            give_up("a block's content has changed");
        }
    }
    if (b.bytes != 0 && b.at[b.bytes - 1] != with) {
        give_up("the end of a block's content has changed");
    }
}

constexpr std::size_t block_count = 40;

std::size_t size_of(std::size_t i) {
    return i % 8 == 7 ? i * 20'000 : i * i * 20;
}

// Blocks of all sizes that come, grow, shrink and go, with a look at every one's bytes.
void use_blocks() {
    filled blocks[block_count];
    for (std::size_t i = 0; i < block_count; ++i) {
        filled& b = blocks[i];
        b.bytes = size_of(i);
        b.at = static_cast<unsigned char*>(std::malloc(b.bytes));
        if (b.at == nullptr) {
            give_up("no memory");
        }
        fill(b, 0, static_cast<unsigned char>(i));
    }
    for (std::size_t i = 0; i < block_count; i += 2) {
        filled& b = blocks[i];
        const std::size_t before = b.bytes;
        const std::size_t after = i % 4 == 0 ? 2 * before + 1 : before / 3 + 1;
        b.at = static_cast<unsigned char*>(std::realloc(b.at, after));
        if (b.at == nullptr) {
            give_up("no memory for realloc");
        }
        b.bytes = after;
        if (after > before) {
            fill(b, before, static_cast<unsigned char>(i));
        }
    }
    for (std::size_t i = 0; i < block_count; ++i) {
        check(blocks[i], static_cast<unsigned char>(i));
        std::free(blocks[i].at);
    }
}

void expect_zeroes() {
    for (const std::size_t n : {1000U, 100'000U, 4'500'001U}) {
        auto* const used = static_cast<unsigned char*>(std::malloc(n));
        std::memset(used, 0xff, n);
        std::free(used);
        auto* const p = static_cast<unsigned char*>(std::calloc(1, n));
        for (std::size_t i = 0; i < n; i += 64) {
            if (p[i] != 0) {
                give_up("calloc gave something else than zeroes");
            }
        }
        if (p[n - 1] != 0) {
            give_up("calloc gave something else than zeroes at the end");
        }
        std::free(p);
    }
}

ebb_ledger ledger() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

void expect_ledger() {
    const ebb_ledger l = ledger();
    if (l.unreturned > l.idle) {
        give_up("more is unreturned than idle");
    }
    if (l.mapped != l.requested + l.slack + l.dead + l.idle + l.overhead) {
        give_up("the ledger doesn't add up");
    }
}

void use_alone() {
    use_blocks();
    expect_zeroes();
    malloc_trim(0);
    use_blocks();
    expect_ledger();
}

// As many threads as the system gives.
void use_in_threads() {
    constexpr int most = 3;
    pthread_t threads[most];
    int started = 0;
    for (; started < most; ++started) {
        const auto run = [](void*) -> void* {
            use_blocks();
            return nullptr;
        };
        if (pthread_create(&threads[started], nullptr, run, nullptr) != 0) {
            break;
        }
    }
    use_blocks();
    malloc_trim(0);
    for (int i = 0; i < started; ++i) {
        pthread_join(threads[i], nullptr);
    }
    use_blocks();
    expect_ledger();
}

void use_in_a_child() {
    const pid_t child = tests::fork_child([] { use_alone(); });
    if (child > 0 && tests::status_of(child) != 0) {
        give_up("the child didn't end well");
    }
    use_blocks();
    expect_ledger();
}

struct call {
    const char* name;
    unsigned number;
};
constexpr call calls[] = {
    {"madvise", SYS_madvise},     {"munmap", SYS_munmap},
    {"mprotect", SYS_mprotect},   {"mremap", SYS_mremap},
    {"prctl", SYS_prctl},         {"membarrier", SYS_membarrier},
    {"clone", SYS_clone},         {"clone3", SYS_clone3},
    {"mincore", SYS_mincore},     {"sched_yield", SYS_sched_yield},
    {"getrandom", SYS_getrandom},
};

// From the start on, and once there are blocks, threads and guards.
void expect_goes_on(void (*use)()) {
    for (const call& c : calls) {
        for (const int error : {EPERM, ENOSYS, ENOMEM}) {
            for (const bool is_late : {false, true}) {
                SCOPED_TRACE(std::string(c.name) + ": " + std::strerror(error) +
                             (is_late ? ", late" : ""));
                const int status = tests::status_of_child([&] {
                    if (is_late) {
                        use_blocks();
                    }
                    if (!tests::refuse(c.number, static_cast<unsigned>(error))) {
                        _exit(not_here);
                    }
                    use();
                });
                if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
                    GTEST_SKIP() << "no seccomp here";
                }
                EXPECT_EQ(status, 0);
            }
        }
    }
}

TEST(dropin_refusals, harm_no_block_of_a_thread_alone) {
    expect_goes_on(use_alone);
}

TEST(dropin_refusals, harm_no_block_of_several_threads) {
    expect_goes_on(use_in_threads);
}

TEST(dropin_refusals, harm_no_child) {
    expect_goes_on(use_in_a_child);
}

// Less than goes back with its addresses: munmap isn't refused, and takes locked pages as well.
constexpr std::size_t many = std::size_t{16} << 20U;

// False after a line that says what was expected.
bool holds(bool right, const char* what, std::uint64_t value) {
    if (!right) {
        std::fprintf(stderr, "%s: %llu\n", what, static_cast<unsigned long long>(value));
    }
    return right;
}

// What the system doesn't take is told, until it serves again.
TEST(dropin_refusals, are_told_as_bytes_that_stayed) {
    const int status = tests::status_of_child([] {
        if (!tests::refuse(SYS_madvise, EPERM)) {
            _exit(not_here);
        }
        auto* p = static_cast<unsigned char*>(std::malloc(many));
        std::memset(p, 1, many);
        std::free(p);
        malloc_trim(0);
        const std::uint64_t stayed = ledger().unreturned;
        bool right = holds(stayed >= many, "bytes that stayed", stayed);
        expect_ledger();
        p = static_cast<unsigned char*>(std::malloc(many));
        std::memset(p, 1, many);
        const std::uint64_t left = ledger().unreturned;
        right = holds(left < many / 4, "bytes that stay when they serve again", left) && right;
        std::free(p);
        expect_ledger();
        _exit(right ? 0 : 1);
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no seccomp here";
    }
    EXPECT_EQ(status, 0);
}

// A locked page stays by itself: one of 4,096 around it.
TEST(dropin_refusals, of_a_locked_page_cost_that_page) {
    const int status = tests::status_of_child([] {
        auto* const p = static_cast<unsigned char*>(std::malloc(many));
        std::memset(p, 1, many);
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        if (mlock(p + many / 3, 1) != 0) {
            _exit(not_here);
        }
        std::free(p);
        malloc_trim(0);
        const std::uint64_t stayed = ledger().unreturned;
        ebb_resident pages{};
        ebb_heap_resident(&pages, sizeof pages);
        bool right = holds(stayed == page, "bytes that stayed", stayed);
        right = holds(pages.idle == page, "idle bytes by the kernel", pages.idle) && right;
        expect_ledger();
        _exit(right ? 0 : 1);
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no page may be locked here";
    }
    EXPECT_EQ(status, 0);
}

} // namespace
