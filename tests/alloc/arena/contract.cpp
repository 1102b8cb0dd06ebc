// The contract of alloc/arena/arena.h, run on every arena (subjects.h).
#include <ebb/alloc/arena/pmr_resource.h>

#include <gtest/gtest.h>
#include <tests/alloc/arena/model.h>
#include <tests/alloc/arena/subjects.h>
#include <tests/support/random.h>
#include <tests/support/upstream.h>

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <list>
#include <new>
#include <vector>

namespace {

using namespace tests;

struct name_of {
    template <class S>
    static std::string GetName(int) { // NOLINT(readability-identifier-naming)
        return S::name;
    }
};

template <class S>
class contract : public ::testing::Test {
  protected:
    struct request {
        std::size_t bytes;
        std::size_t alignment;
    };

    // Mostly small, some empty, some large; mostly word-aligned, some up to the limit.
    request draw(random_engine& random) {
        const std::size_t scale[] = {0, 16, 64, 64, 256, 256, 1024, 4096, 16384, S::max_bytes};
        const std::size_t pick = below(random, 1000);
        const std::size_t limit = pick < 990 ? scale[pick % 9] : scale[9];
        const std::size_t bytes = below(random, std::min(limit, S::max_bytes) + 1);
        const auto most = static_cast<std::size_t>(std::countr_zero(S::max_alignment));
        const std::size_t bits = below(random, 40) == 0
                                     ? below(random, most + 1)
                                     : below(random, std::min(most, size_t{4}) + 1);
        return {bytes, std::size_t{1} << bits};
    }

    void allocate(request r) {
        void* const p = subject.arena.allocate(r.bytes, r.alignment);
        const std::size_t slot = subject.arena.slot_bytes(p, r.bytes, r.alignment);
        ASSERT_NO_FATAL_FAILURE(blocks.add(p, r.bytes, r.alignment, slot));
        subject.allocated(p, slot);
    }

    void deallocate(std::size_t index) {
        const model_block b = blocks.remove(index);
        dead += subject.freed(b.at, b.slot);
        subject.arena.deallocate(b.at, b.bytes, b.alignment);
    }

    void restart() {
        blocks.clear();
        dead = 0;
        subject.restart(subject.arena);
    }

    void check() {
        const ebb::ledger l = subject.arena.read();
        ASSERT_NO_FATAL_FAILURE(blocks.check(l));
        if constexpr (S::slots_are_all) {
            ASSERT_EQ(l.live(), blocks.occupied_by_blocks());
        } else {
            ASSERT_GE(l.live(), blocks.occupied_by_blocks());
        }
        if constexpr (S::dead_is_known) {
            ASSERT_EQ(l.dead, dead);
            ASSERT_EQ(l.peak, blocks.peak());
            ASSERT_EQ(l.peak_mapped, blocks.peak_mapped());
        } else {
            ASSERT_GE(l.peak, blocks.peak());
            ASSERT_GE(l.peak_mapped, blocks.peak_mapped());
        }
        if constexpr (S::on_upstream) {
            ASSERT_EQ(upstream.outstanding_bytes(), l.mapped);
        }
    }

    void free_everything() {
        while (blocks.size() != 0) {
            deallocate(blocks.size() - 1);
        }
        subject.settle(subject.arena);
        dead = 0;
    }

    counting_upstream upstream;
    S subject{upstream};
    model blocks;
    std::uint64_t dead = 0;
};

TYPED_TEST_SUITE(contract, subjects, name_of);

TYPED_TEST(contract, a_million_random_operations_agree_with_the_model) {
    constexpr std::size_t steps = sanitized ? 100'000 : 1'000'000;
    constexpr std::size_t validate_every = sanitized ? 5'000 : 10'000;
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    random_engine random(seed);
    std::size_t target = 0;
    for (std::size_t step = 1; step <= steps; ++step) {
        // The number of live blocks swings between none and thousands, so that chunks come and go.
        if (step % 8192 == 1) {
            target = below(random, 4) == 0 ? 0 : below(random, 3000);
        }
        const bool grow =
            this->blocks.size() == 0 || (below(random, 8) < 5) == (this->blocks.size() < target);
        if (grow) {
            ASSERT_NO_FATAL_FAILURE(this->allocate(this->draw(random)));
        } else {
            // The newest now and then, else any.
            this->deallocate(below(random, 4) == 0 ? this->blocks.size() - 1
                                                   : below(random, this->blocks.size()));
        }
        if (step % TypeParam::restart_every == TypeParam::restart_every - 1) {
            ASSERT_NO_FATAL_FAILURE(this->check()) << "step " << step;
            ASSERT_NO_FATAL_FAILURE(this->restart());
        }
        if (step % 50'000 == 0) {
            this->subject.arena.trim();
        }
        ASSERT_NO_FATAL_FAILURE(this->check()) << "step " << step;
        ASSERT_FALSE(this->HasFailure()) << "step " << step;
        if (step % validate_every == 0) {
            this->subject.arena.validate();
            ASSERT_NO_FATAL_FAILURE(this->blocks.check_contents());
        }
    }
    this->free_everything();
    this->subject.arena.trim();
    this->subject.arena.validate();
    const ebb::ledger l = this->subject.arena.read();
    EXPECT_EQ(l.requested, 0U);
    EXPECT_EQ(l.mapped, 0U);
    EXPECT_EQ(this->upstream.outstanding_bytes(), 0U);
    EXPECT_EQ(this->upstream.mismatches(), 0U);
}

TYPED_TEST(contract, every_alignment_is_served) {
    for (std::size_t alignment = 1; alignment <= TypeParam::max_alignment; alignment *= 2) {
        for (const std::size_t bytes :
             {std::size_t{0}, std::size_t{1}, alignment, TypeParam::max_bytes}) {
            if (bytes <= TypeParam::max_bytes) {
                ASSERT_NO_FATAL_FAILURE(this->allocate({bytes, alignment}));
                ASSERT_NO_FATAL_FAILURE(this->check());
            }
        }
    }
    this->subject.arena.validate();
    this->free_everything();
    this->subject.arena.trim();
    EXPECT_EQ(this->subject.arena.read().mapped, 0U);
    EXPECT_EQ(this->upstream.mismatches(), 0U);
}

TYPED_TEST(contract, empty_blocks_are_distinct_and_request_nothing) {
    for (int i = 0; i < 100; ++i) {
        ASSERT_NO_FATAL_FAILURE(this->allocate({0, 1}));
    }
    EXPECT_EQ(this->subject.arena.read().requested, 0U);
    ASSERT_NO_FATAL_FAILURE(this->check());
    this->free_everything();
}

TYPED_TEST(contract, freed_bytes_serve_the_next_blocks) {
    if (!TypeParam::reuses) {
        GTEST_SKIP() << "gives back at a reset or to the malloc";
    }
    std::vector<typename TestFixture::request> requests;
    random_engine random(1);
    for (int i = 0; i < 3000; ++i) {
        requests.push_back(this->draw(random));
        ASSERT_NO_FATAL_FAILURE(this->allocate(requests.back()));
    }
    const auto mapped = this->subject.arena.read().mapped;
    for (int round = 0; round < 3; ++round) {
        this->free_everything();
        for (const auto& r : requests) {
            ASSERT_NO_FATAL_FAILURE(this->allocate(r));
        }
        const ebb::ledger l = this->subject.arena.read();
        if constexpr (TypeParam::keeps_large) { // up to 8 MiB, idle
            EXPECT_GE(l.mapped, mapped);
            EXPECT_LE(l.mapped, mapped + 8 * ebb::mib);
        } else {
            EXPECT_EQ(l.mapped, mapped);
        }
    }
    this->subject.arena.validate();
    this->free_everything();
}

TYPED_TEST(contract, an_exhausted_upstream_leaves_everything_as_before) {
    if (!TypeParam::on_upstream) {
        GTEST_SKIP() << "has no upstream of ours";
    }
    std::vector<typename TestFixture::request> requests;
    random_engine random(2);
    for (int i = 0; i < 400; ++i) {
        requests.push_back(this->draw(random));
        requests.push_back({TypeParam::max_bytes, 8});
    }
    // Each call to the upstream fails in turn, in a run of its own, until there are no more calls.
    // One that asks for a smaller chunk then goes on.
    std::uint64_t sites = 0;
    for (bool failed = true; failed && sites < 40; ++sites) {
        const std::uint64_t site = sites;
        counting_upstream failing;
        TypeParam fresh(failing);
        auto& arena = fresh.arena;
        failing.fail_after(site);
        std::vector<void*> out;
        for (const auto& r : requests) {
            const ebb::ledger before = arena.read();
            const auto outstanding = failing.outstanding_bytes();
            void* p = nullptr;
            try {
                p = arena.allocate(r.bytes, r.alignment);
            } catch (const std::bad_alloc&) {
                ASSERT_EQ(arena.read(), before);
                ASSERT_EQ(failing.outstanding_bytes(), outstanding);
                arena.validate();
                p = arena.allocate(r.bytes, r.alignment);
            }
            out.push_back(p);
        }
        failed = failing.failures() == 1;
        arena.validate();
        for (std::size_t i = 0; i < out.size(); ++i) {
            arena.deallocate(out[i], requests[i].bytes, requests[i].alignment);
        }
        fresh.settle(arena);
        arena.trim();
        ASSERT_EQ(failing.outstanding_bytes(), 0U);
        ASSERT_EQ(failing.mismatches(), 0U);
    }
    EXPECT_GT(sites, 1U);
}

TYPED_TEST(contract, an_impossible_size_is_bad_alloc_and_changes_nothing) {
    if (sanitized && !TypeParam::on_upstream) {
        GTEST_SKIP() << "a sanitizer's malloc stops the program instead";
    }
    ASSERT_NO_FATAL_FAILURE(this->allocate({48, 8}));
    const ebb::ledger before = this->subject.arena.read();
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    const volatile std::size_t impossible[] = {most, most - 7, most - 40, most - 5000,
                                               most / 2 + 1};
    for (const std::size_t bytes : impossible) {
        for (const std::size_t alignment : {1U, 8U, 4096U, 1U << 20U}) {
            EXPECT_THROW(static_cast<void>(this->subject.arena.allocate(bytes, alignment)),
                         std::bad_alloc)
                << bytes << " aligned to " << alignment;
            EXPECT_EQ(this->subject.arena.read(), before);
        }
    }
    this->free_everything();
}

TYPED_TEST(contract, zeroed_blocks_are_zeroed_fresh_or_used) {
    for (const std::size_t wanted : {std::size_t{40}, std::size_t{3000}, std::size_t{100'000}}) {
        const std::size_t bytes = std::min(wanted, TypeParam::max_bytes);
        for (int round = 0; round < 3; ++round) {
            void* const p = ebb::allocate_zeroed(this->subject.arena, bytes, 8);
            const auto* const at = static_cast<const std::byte*>(p);
            EXPECT_TRUE(std::all_of(at, at + bytes, [](std::byte b) { return b == std::byte{0}; }));
            EXPECT_EQ(this->subject.arena.read().requested, bytes);
            std::memset(p, 0xEE, bytes);
            this->subject.arena.deallocate(p, bytes, 8);
        }
    }
    this->subject.settle(this->subject.arena);
}

TYPED_TEST(contract, a_pmr_container_sums_to_requested) {
    ebb::pmr_resource resource(this->subject.arena);
    {
        std::pmr::list<std::uint64_t> list(&resource);
        for (std::uint64_t i = 0; i < 1000; ++i) {
            list.push_back(i);
        }
        // A node is two links and the value.
        EXPECT_EQ(this->subject.arena.read().requested, 1000 * 3 * sizeof(void*));
        this->subject.arena.validate();
    }
    EXPECT_EQ(this->subject.arena.read().requested, 0U);
    this->subject.settle(this->subject.arena);
    this->subject.arena.trim();
    EXPECT_EQ(this->subject.arena.read().mapped, 0U);
}

} // namespace
