// Sizes near every power of two that no machine has memory for, through every function that takes
// one: each answers with a block of that size or with null and ENOMEM, and the ledger moves by just
// what was granted.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <malloc.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <vector>

extern "C" std::size_t nallocx(std::size_t, int) noexcept;

namespace {

ebb_ledger ledger() {
    ebb_ledger l{};
    EXPECT_EQ(ebb_heap_ledger(&l, sizeof l), 0);
    return l;
}

// From 2 GiB on: each power of two, and sizes around it by pages, spans of 64 KiB and at random.
std::vector<std::size_t> sizes(tests::random_engine& random) {
    std::vector<std::size_t> all{SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1};
    for (unsigned power = 31; power <= 63; ++power) {
        const std::size_t n = std::size_t{1} << power;
        for (const std::size_t near : {0UL, 1UL, 15UL, 4096UL, 65'535UL, 65'536UL, 524'288UL,
                                       1'048'576UL, tests::below(random, n / 2)}) {
            all.push_back(n + near);
            all.push_back(n - near);
        }
    }
    return all;
}

struct subject {
    const char* name;
    std::function<void*(std::size_t)> allocate;
};

int error_of_posix_memalign = 0;

const std::vector<subject>& subjects() {
    static const std::vector<subject> all{
        {"malloc", [](std::size_t n) { return std::malloc(n); }},
        {"calloc(1, n)", [](std::size_t n) { return std::calloc(1, n); }},
        {"calloc(n, 1)", [](std::size_t n) { return std::calloc(n, 1); }},
        {"realloc(null, n)", [](std::size_t n) { return std::realloc(nullptr, n); }},
        {"reallocarray(null, n, 1)", [](std::size_t n) { return reallocarray(nullptr, n, 1); }},
        {"posix_memalign",
         [](std::size_t n) {
             void* p = nullptr;
             error_of_posix_memalign = posix_memalign(&p, 1024, n);
             if (error_of_posix_memalign != 0) {
                 errno = error_of_posix_memalign;
             }
             return p;
         }},
        {"aligned_alloc", [](std::size_t n) { return aligned_alloc(64, n); }},
        {"memalign", [](std::size_t n) { return memalign(1 << 20, n); }},
        {"valloc", [](std::size_t n) { return valloc(n); }},
        {"new", [](std::size_t n) { return operator new(n, std::nothrow); }},
        {"new[]", [](std::size_t n) { return operator new[](n, std::nothrow); }},
        {"aligned new",
         [](std::size_t n) { return operator new (n, std::align_val_t{128}, std::nothrow); }},
    };
    return all;
}

TEST(dropin_sizes, are_granted_whole_or_refused) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    tests::random_engine random(seed);
    for (const std::size_t n : sizes(random)) {
        for (const subject& s : subjects()) {
            const ebb_ledger before = ledger();
            errno = 0;
            void* const p = s.allocate(n);
            const int error = errno;
            const ebb_ledger between = ledger();
            if (p == nullptr) {
                ASSERT_EQ(error, ENOMEM) << s.name << " " << n;
                ASSERT_EQ(between.requested, before.requested) << s.name << " " << n;
                ASSERT_EQ(between.allocations, before.allocations) << s.name << " " << n;
                continue;
            }
            ASSERT_GE(malloc_usable_size(p), n) << s.name;
            ASSERT_EQ(between.requested - before.requested, n) << s.name << " " << n;
            static_cast<unsigned char*>(p)[n - 1] = 1;
            std::free(p);
            ASSERT_EQ(ledger().requested, before.requested) << s.name << " " << n;
            malloc_trim(0); // or the next calloc wipes gigabytes
        }
    }
}

// The block is as large as before where it stays, and has the content that it had.
TEST(dropin_sizes, leave_a_block_alone_that_cannot_grow_so_far) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    tests::random_engine random(seed);
    const std::vector<std::function<void*(void*, std::size_t)>> ways{
        [](void* p, std::size_t n) { return std::realloc(p, n); },
        [](void* p, std::size_t n) { return reallocarray(p, n, 1); },
        [](void* p, std::size_t n) { return reallocarray(p, 1, n); },
    };
    for (const std::size_t had : {1UL, 4096UL, 300'000UL, 8UL << 20}) {
        for (const std::size_t n : sizes(random)) {
            const auto& grow = ways[tests::below(random, ways.size())];
            const ebb_ledger before = ledger();
            auto* const p = static_cast<unsigned char*>(std::malloc(had));
            ASSERT_NE(p, nullptr);
            p[0] = 17;
            p[had - 1] = 18;
            errno = 0;
            auto* const moved = static_cast<unsigned char*>(grow(p, n));
            const int error = errno;
            auto* const block = moved == nullptr ? p : moved;
            const std::size_t has = moved == nullptr ? had : n;
            ASSERT_GE(malloc_usable_size(block), has) << had << " to " << n;
            ASSERT_EQ(ledger().requested - before.requested, has) << had << " to " << n;
            ASSERT_TRUE(moved != nullptr || error == ENOMEM) << had << " to " << n;
            ASSERT_EQ(block[0], had == 1 ? 18 : 17);
            ASSERT_EQ(block[had - 1], 18);
            block[has - 1] = 1;
            std::free(block);
            ASSERT_EQ(ledger().requested, before.requested);
            malloc_trim(0);
        }
    }
}

TEST(dropin_sizes, of_alignments_are_granted_or_refused) {
    for (unsigned power = 21; power <= 63; ++power) {
        const std::size_t alignment = std::size_t{1} << power;
        for (const std::size_t n : {0UL, 1UL, 100'000UL, 1UL << 31, (1UL << 47) - 1, 1UL << 63}) {
            const ebb_ledger before = ledger();
            errno = 0;
            void* const p = aligned_alloc(alignment, n);
            if (p == nullptr) {
                ASSERT_EQ(errno, ENOMEM) << alignment << " " << n;
            } else {
                ASSERT_EQ(reinterpret_cast<std::uintptr_t>(p) % alignment, 0U);
                ASSERT_GE(malloc_usable_size(p), n);
                ASSERT_EQ(ledger().requested - before.requested, n);
                std::free(p);
                malloc_trim(0);
            }
            ASSERT_EQ(ledger().requested, before.requested);
        }
    }
}

// What would be granted is said without granting it, and never less than what was asked about.
TEST(dropin_sizes, are_foretold_by_nallocx) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    tests::random_engine random(seed);
    for (const std::size_t n : sizes(random)) {
        const std::size_t told = nallocx(n, 0);
        ASSERT_TRUE(told == 0 || told >= n) << n;
    }
}

} // namespace
