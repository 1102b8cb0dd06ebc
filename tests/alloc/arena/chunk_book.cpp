// The book beside a naive model: runs taken, given back, moved, blocks that grow and shorten.
#include <ebb/alloc/arena/chunk_book.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

namespace {

using namespace tests;

// Holds the book, and the memory of its blocks. Every chunk of a run begins with the run's number.
class holder {
  public:
    holder() = default;
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() {
        for (void* const p : blocks_) {
            std::free(p);
        }
    }

    void take(std::uint32_t count) {
        void* p = book.take(count, next_);
        if (p == nullptr) {
            const auto by = book.wanted(count);
            if (by.block < book.blocks()) {
                book.extend(by);
            } else {
                const std::size_t largest = book.largest_for(count);
                EXPECT_LE(book.first_bytes(largest, count), largest);
                void* const block = std::aligned_alloc(4096, largest);
                blocks_.push_back(block);
                book.add(block, largest, count);
            }
            p = book.take(count, next_);
            ASSERT_NE(p, nullptr);
        }
        fill(p, count, next_);
        const auto [at, added] = runs.try_emplace(static_cast<std::byte*>(p), run{count, next_});
        ASSERT_TRUE(added);
        ASSERT_TRUE(at == runs.begin() || ends_before(std::prev(at), p));
        ASSERT_TRUE(std::next(at) == runs.end() || ends_before(at, std::next(at)->first));
        ++next_;
    }
    void give(std::size_t n) {
        const auto at = std::next(runs.begin(), static_cast<std::ptrdiff_t>(n));
        check(*at);
        book.give(at->first, at->second.count);
        runs.erase(at);
    }
    void pack(std::size_t keep, std::size_t most) {
        book.pack(
            keep, most,
            [](void* of, std::uint32_t owner, void* from, void* to, std::uint32_t count) noexcept {
                auto& self = *static_cast<holder*>(of);
                const auto at = self.runs.find(static_cast<std::byte*>(from));
                ASSERT_TRUE(at != self.runs.end() && at->second.count == count &&
                            at->second.owner == owner);
                std::memcpy(to, from, count * self.book.chunk_bytes());
                self.runs.emplace(static_cast<std::byte*>(to), at->second);
                self.runs.erase(at);
            },
            this);
        while (book.blocks() != 0) {
            const std::uint32_t end = book.end_without(keep);
            if (end == book[book.blocks() - 1].end) {
                return;
            }
            book.shorten(end);
            if (end != 0) {
                return;
            }
            std::free(blocks_.back());
            blocks_.pop_back();
        }
    }
    void check_all() {
        book.validate();
        std::size_t used = 0;
        for (const auto& r : runs) {
            check(r);
            used += r.second.count;
        }
        ASSERT_EQ(book.used(), used);
    }

    struct run {
        std::uint32_t count;
        std::uint32_t owner;
    };
    ebb::chunk_book book{4096};
    std::map<std::byte*, run> runs;

  private:
    void fill(void* p, std::uint32_t count, std::uint32_t owner) {
        for (std::uint32_t i = 0; i < count; ++i) {
            std::memcpy(static_cast<std::byte*>(p) + i * book.chunk_bytes(), &owner, sizeof owner);
        }
    }
    void check(const std::pair<std::byte* const, run>& r) {
        ASSERT_TRUE(book.owns(r.first));
        ASSERT_EQ(book.owner_of(r.first), r.second.owner);
        for (std::uint32_t i = 0; i < r.second.count; ++i) {
            std::uint32_t owner = 0;
            std::memcpy(&owner, r.first + i * book.chunk_bytes(), sizeof owner);
            ASSERT_EQ(owner, r.second.owner);
        }
    }
    bool ends_before(std::map<std::byte*, run>::const_iterator at, const void* p) const {
        return at->first + at->second.count * book.chunk_bytes() <= p;
    }

    std::uint32_t next_ = 0;
    std::vector<void*> blocks_;
};

TEST(chunk_book, serves_the_lowest_run) {
    holder h;
    for (int i = 0; i < 10; ++i) {
        h.take(1);
    }
    std::byte* const third = std::next(h.runs.begin(), 2)->first;
    std::byte* const sixth = std::next(h.runs.begin(), 5)->first;
    h.give(5);
    h.give(5);
    h.give(2);
    h.take(2);
    EXPECT_TRUE(h.runs.contains(sixth));
    h.take(1);
    EXPECT_TRUE(h.runs.contains(third));
    h.check_all();
}

TEST(chunk_book, random_steps_agree_with_a_model) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        SCOPED_TRACE(seed);
        random_engine random(seed);
        holder h;
        for (int step = 0; step < 6000; ++step) {
            const bool growing = step / 1500 % 2 == 0;
            if (h.runs.empty() || below(random, 10) < (growing ? 7U : 3U)) {
                h.take(static_cast<std::uint32_t>(1 + (seed == 1 ? 0 : below(random, 9))));
            } else {
                h.give(below(random, h.runs.size()));
            }
            if (below(random, 50) == 0) {
                h.pack(below(random, 40), below(random, 200));
            }
            if (step % 16 == 0) {
                ASSERT_NO_FATAL_FAILURE(h.check_all());
            }
        }
    }
}

TEST(chunk_book, packing_leaves_no_more_than_is_kept) {
    random_engine random(5);
    holder h;
    for (int i = 0; i < 3000; ++i) {
        h.take(1);
    }
    for (int i = 0; i < 2000; ++i) {
        h.give(below(random, h.runs.size()));
    }
    h.pack(7, 10'000);
    h.check_all();
    EXPECT_EQ(h.book.free(), 7U);
    while (!h.runs.empty()) {
        h.give(0);
    }
    h.pack(0, 10'000);
    EXPECT_EQ(h.book.blocks(), 0U);
    EXPECT_EQ(h.book.bytes(), 0U);
}

TEST(chunk_book, a_long_run_has_a_block_that_holds_it) {
    holder h;
    h.take(1);
    h.take(5000);
    h.take(700);
    h.take(1);
    h.check_all();
}

} // namespace
