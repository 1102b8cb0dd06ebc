// Each system call that the library makes, refused with each error that sandboxes and limits give,
// from some moment on. Then as before: every block has its bytes, calloc gives zeroes, the ledger
// adds up, threads come and go, children are forked. A refusal costs memory, never more.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/alloc/dropin/uses.h>
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

using namespace tests; // NOLINT: a test's own file

constexpr int not_here = 3;

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
                const int status = status_of_child([&] {
                    if (is_late) {
                        use_blocks();
                    }
                    if (!refuse(c.number, static_cast<unsigned>(error))) {
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
    const int status = status_of_child([] {
        if (!refuse(SYS_madvise, EPERM)) {
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
    const int status = status_of_child([] {
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
