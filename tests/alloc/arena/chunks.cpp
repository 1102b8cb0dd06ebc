// What arenas do with an upstream that has little, gives crooked chunks or is asked for the
// impossible, and what waits between one arena and the next.
#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/base/bytes.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>
#include <tests/support/upstream.h>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <set>

namespace {

using ebb::kib;

// So many bytes and no more.
class little : public std::pmr::memory_resource {
  public:
    explicit little(std::size_t bytes) : left_(bytes) {}
    [[nodiscard]] std::size_t left() const { return left_; }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > left_) {
            throw std::bad_alloc();
        }
        left_ -= bytes;
        return std::aligned_alloc(alignment, ebb::align_up(bytes, alignment));
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t) override {
        left_ += bytes;
        std::free(p);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::size_t left_;
};

// Bytes in blocks of 64 that it serves before it throws.
template <class Arena>
std::size_t served_by(Arena& a) {
    std::size_t bytes = 0;
    try {
        for (;; bytes += 64) {
            static_cast<void>(a.allocate(64, 8));
        }
    } catch (const std::bad_alloc&) {
        a.validate();
    }
    return bytes;
}

TEST(arenas, use_what_a_small_upstream_has) {
    for (const std::size_t bytes : {40'000U, 100'000U, 1'000'000U, 8'000'000U}) {
        little of_bump(bytes);
        little of_pool(bytes);
        little of_sized(bytes);
        {
            ebb::bump bump(of_bump);
            ebb::pool pool(64, 8, of_pool);
            ebb::sized sized(of_sized);
            EXPECT_GE(served_by(bump), bytes / 10 * 9) << bytes;
            EXPECT_GE(served_by(pool), bytes / 10 * 9) << bytes;
            EXPECT_GE(served_by(sized), bytes / 10 * 9) << bytes;
        }
        EXPECT_EQ(of_bump.left(), bytes);
        EXPECT_EQ(of_pool.left(), bytes);
        EXPECT_EQ(of_sized.left(), bytes);
    }
}

TEST(arenas, take_back_what_lay_in_smaller_chunks) {
    little upstream(40'000);
    ebb::pool pool(64, 8, upstream);
    for (int round = 0; round < 3; ++round) {
        std::set<void*> blocks;
        try {
            for (;;) {
                ASSERT_TRUE(blocks.insert(pool.allocate(64)).second);
            }
        } catch (const std::bad_alloc&) {
            pool.validate();
        }
        EXPECT_GT(blocks.size(), 500U);
        for (void* const p : blocks) {
            pool.deallocate(p, 64);
        }
        pool.validate();
        pool.trim();
        EXPECT_EQ(upstream.left(), 40'000U);
    }
}

// Counts what is asked for, and gives nothing.
class asked : public std::pmr::memory_resource {
  public:
    std::size_t most = 0;

  private:
    void* do_allocate(std::size_t bytes, std::size_t) override {
        most = std::max(most, bytes);
        throw std::bad_alloc();
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

TEST(arenas, ask_nobody_for_more_than_an_object_can_have) {
    asked upstream;
    ebb::bump bump(upstream);
    ebb::sized sized(upstream);
    ebb::go_heap heap(upstream);
    for (const std::size_t less : {0U, 1U, 31U, 4095U, 70'000U}) {
        for (const std::size_t bytes : {SIZE_MAX - less, SIZE_MAX / 2 + 1 + less}) {
            EXPECT_THROW(static_cast<void>(bump.allocate(bytes)), std::bad_alloc);
            EXPECT_THROW(static_cast<void>(sized.allocate(bytes)), std::bad_alloc);
            EXPECT_THROW(static_cast<void>(heap.allocate(bytes)), std::bad_alloc);
        }
    }
    EXPECT_LE(upstream.most, std::size_t{PTRDIFF_MAX});
}

TEST(arenas, refuse_slots_that_no_address_space_holds) {
    for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, std::size_t{1} << 50}) {
        EXPECT_THROW(
            {
                ebb::pool p(bytes);
                static_cast<void>(p.allocate(1));
            },
            std::bad_alloc)
            << bytes;
    }
}

TEST(arenas, take_back_huge_slots) {
    for (const std::size_t bytes : {std::size_t{600} << 20, std::size_t{5} << 30}) {
        ebb::pool p(bytes);
        void* held[3] = {};
        for (void*& block : held) {
            block = p.allocate(100);
        }
        for (void* const block : held) {
            p.deallocate(block, 100);
            p.validate();
        }
        EXPECT_EQ(p.read().live(), 0U);
    }
}

// A chunk that is eight bytes off.
class crooked : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override {
        return static_cast<std::byte*>(std::malloc(bytes + 8)) + 8; // NOLINT: lost in a death test
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

using arenas_death = ::testing::Test;

TEST(arenas_death, an_upstream_that_aligns_nothing_is_named_at_its_first_chunk) {
    crooked upstream;
    // The undefined sanitizer finds it in the standard's own header.
    const auto reason =
        tests::sanitized ? "alignment" : "an arena's upstream gave a chunk that isn't aligned";
    EXPECT_DEATH(static_cast<void>(ebb::bump(upstream).allocate(1)), reason);
    EXPECT_DEATH(static_cast<void>(ebb::pool(8, 8, upstream).allocate(1)), reason);
    EXPECT_DEATH(static_cast<void>(ebb::sized(upstream).allocate(1)), reason);
    EXPECT_DEATH(static_cast<void>(ebb::sized(upstream).allocate(100'000)), reason);
    EXPECT_DEATH(static_cast<void>(ebb::go_heap(upstream).allocate(1)), reason);
}

TEST(chunks, wait_for_the_next_arena) {
    ebb::chunks::trim();
    void* first = nullptr;
    for (int request = 0; request < 10; ++request) {
        ebb::bump a;
        void* const p = a.allocate(100);
        EXPECT_TRUE(first == nullptr || first == p) << "another chunk";
        first = p;
        EXPECT_EQ(a.read().mapped, ebb::bump::first_chunk_bytes)
            << "the arena's own, while it lives";
    }
    ebb::chunks::trim();
}

TEST(chunks, of_another_upstream_go_back_to_it) {
    tests::counting_upstream upstream;
    for (int request = 0; request < 3; ++request) {
        ebb::bump a(upstream);
        static_cast<void>(a.allocate(100));
    }
    EXPECT_EQ(upstream.allocations(), 3U);
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
    EXPECT_EQ(upstream.mismatches(), 0U);
}

} // namespace
