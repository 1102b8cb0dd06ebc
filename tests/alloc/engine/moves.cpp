// Long blocks that realloc makes longer: moved by their pages, copied where they can't be, or moved
// and then copied by a little where memory is short. And addresses that go back.
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/refuse.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using tests::below;
using tests::status_of_child;

constexpr int not_here = 77;

// A block with a number of its own in each KiB.
class numbered {
  public:
    explicit numbered(std::size_t kib) { grow(kib); }
    numbered(const numbered&) = delete;
    numbered& operator=(const numbered&) = delete;
    ~numbered() { engine::deallocate(words_); }

    // False, all as before, without memory.
    bool grow(std::size_t kib) {
        void* const p = words_ == nullptr ? engine::allocate(kib * ebb::kib)
                                          : engine::reallocate(words_, kib * ebb::kib);
        if (p == nullptr) {
            return false;
        }
        words_ = static_cast<std::uint64_t*>(p);
        for (; kib_ < kib; ++kib_) {
            words_[kib_ * words_a_kib] = kib_ * 7 + 1;
        }
        kib_ = kib;
        return true;
    }
    [[nodiscard]] bool is_whole() const {
        for (std::size_t i = 0; i < kib_; ++i) {
            if (words_[i * words_a_kib] != i * 7 + 1) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] std::size_t kib() const { return kib_; }

  private:
    static constexpr std::size_t words_a_kib = 128;
    std::uint64_t* words_ = nullptr;
    std::size_t kib_ = 0;
};

// Several that grow, shrink and stand in each other's way.
void grow_at_random() {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    const ebb_ledger before = engine::read_ledger();
    {
        std::vector<numbered*> all;
        for (int i = 0; i < 6; ++i) {
            all.push_back(new numbered(1 + below(random, 8192)));
        }
        for (int step = 0; step < (tests::sanitized ? 60 : 300); ++step) {
            numbered& n = *all[below(random, all.size())];
            const std::size_t now = n.kib();
            const std::size_t next =
                below(random, 4) == 0 ? 1 + below(random, now) : now + below(random, now / 2 + 2);
            ASSERT_TRUE(n.grow(next > 60'000 ? 4096 : next));
            ASSERT_TRUE(n.is_whole()) << step;
        }
        engine::validate();
        for (numbered* n : all) {
            EXPECT_TRUE(n->is_whole());
            delete n;
        }
    }
    static_cast<void>(engine::purge::all());
    engine::validate();
    EXPECT_EQ(engine::read_ledger().requested, before.requested);
}

TEST(moves, keep_what_stands_in_a_block) {
    engine::load();
    grow_at_random();
}

TEST(moves, are_copies_where_the_system_moves_nothing) {
    for (const int error : {EPERM, ENOMEM, EFAULT}) {
        const int status = status_of_child([error] {
            engine::load();
            if (!tests::refuse(SYS_mremap, static_cast<unsigned>(error))) {
                _exit(not_here);
            }
            grow_at_random();
            _exit(testing::Test::HasFailure() ? 1 : 0);
        });
        if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
            GTEST_SKIP() << "no seccomp here";
        }
        EXPECT_EQ(status, 0) << std::strerror(error);
    }
}

// Does `f()` in a child that may map 1 GiB. The child ends with 0 where that is true.
template <class F>
void expect_under_limit(F&& f) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow is beyond any limit";
    }
    EXPECT_EQ(status_of_child([&f] {
                  engine::load();
                  const rlimit limit{gib, gib};
                  setrlimit(RLIMIT_AS, &limit);
                  const bool right = f();
                  engine::validate();
                  _exit(right ? 0 : 1);
              }),
              0);
}

// There is no room for the old block beside the new one.
TEST(moves, let_a_block_grow_to_nine_tenths_of_a_limit) {
    expect_under_limit([] {
        numbered n(1024);
        std::size_t next = n.kib();
        bool leaves_errno = true;
        for (;;) {
            errno = 0;
            if (!n.grow(next)) {
                break;
            }
            leaves_errno = leaves_errno && errno == 0;
            next = n.kib() + n.kib() / 10;
            static_cast<void>(engine::allocate(400)); // small ones between
        }
        std::fprintf(stderr, "KiB at last: %zu\n", n.kib());
        return errno == ENOMEM && leaves_errno && n.is_whole() && n.kib() >= 900 * 1024;
    });
}

TEST(moves, let_a_freed_block_make_room_for_a_longer_one) {
    expect_under_limit([] {
        std::size_t best = 0;
        for (std::size_t n = mib;; n += n / 10) {
            auto* const p = static_cast<char*>(engine::allocate(n));
            if (p == nullptr) {
                break;
            }
            p[0] = p[n - 1] = 1;
            best = n;
            static_cast<void>(engine::allocate(400));
            engine::deallocate(p);
        }
        return best >= 900 * mib;
    });
}

// What was mapped for a peak is no more mapped after it, and was counted.
TEST(moves, give_addresses_back_and_remember_the_peak) {
    engine::load();
    const std::uint64_t before = engine::regions::mapped();
    constexpr std::size_t n = tests::sanitized ? 512 * mib : 4 * gib;
    auto* const p = static_cast<char*>(engine::allocate(n));
    std::memset(p, 1, mib);
    EXPECT_GE(engine::regions::mapped(), before + n);
    engine::deallocate(p);
    static_cast<void>(engine::purge::all());
    EXPECT_LE(engine::regions::mapped(), before + 64 * mib);
    const ebb_ledger l = engine::read_ledger();
    EXPECT_GE(l.peak_mapped, n);
    EXPECT_LT(l.mapped, l.peak_mapped);
    engine::validate();
}

} // namespace
