// What a child makes of a fast call that another thread was in: each is counted wholly or not at
// all.
#include <ebb/alloc/engine/block.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/mend.h>
#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/engine/size_class.h>
#include <ebb/alloc/engine/slot_mark.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/thread_cache.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file

// The stores of a fast call in their order (mend.h), made by hand on a cache of no thread. The
// hardened build has no fast calls.
class half_done : public testing::TestWithParam<std::size_t> {
  protected:
    void SetUp() override {
        engine::load();
        const engine::slow_call here;
        cache_ = engine::make_cache();
        ASSERT_NE(cache_, nullptr);
        constexpr std::size_t count = 4;
        ASSERT_EQ(engine::central[bin_].take(bin_, b().floor, count), count);
        b().top.set(b().floor + count);
        b().ceiling.set(b().floor + engine::cache_capacity(bin_));
        cache_->received[bin_] = count;
    }
    void TearDown() override {
        if (cache_ != nullptr) {
            for (void* p : live_) {
                engine::close_slot(p, bin_);
                *b().top.get() = p;
                b().top.set(b().top.get() + 1);
            }
            const engine::slow_call here;
            engine::empty(*cache_);
        }
    }

    engine::cache_bin& b() { return cache_->bins[bin_]; }
    [[nodiscard]] std::int64_t slack() const {
        return static_cast<std::int64_t>(engine::traits[bin_].slot - GetParam());
    }

    // The first `steps` stores of malloc, or all.
    int allocate(int steps) {
        void** const top = b().top.get();
        void* const slot = top[-1];
        return run(steps, {
                              [&] { busy(engine::thread_cache::allocates_at(top)); },
                              [&] { b().top.set(top - 1); },
                              [&] { engine::open_slot(slot, bin_, GetParam()); },
                              [&] { b().remainders.add(slack()); },
                              [&] { cache_->slack.add(slack()); },
                              [&] { cache_->allocations.add(1); },
                              [&] { add_requested(1); },
                              [&] {
                                  busy(0);
                                  live_.push_back(slot);
                              },
                          });
    }
    int free(int steps) {
        void** const top = b().top.get();
        void* const slot = live_.back();
        return run(steps, {
                              [&] { busy(engine::thread_cache::frees_at(top)); },
                              [&] { *top = slot; },
                              [&] { b().remainders.add(-slack()); },
                              [&] { cache_->slack.add(-slack()); },
                              [&] { engine::close_slot(slot, bin_); },
                              [&] { add_requested(-1); },
                              [&] { cache_->frees.add(1); },
                              [&] {
                                  b().top.set(top + 1);
                                  live_.pop_back();
                              },
                              [&] { busy(0); },
                          });
    }

    void expect_whole(std::size_t held) {
        EXPECT_TRUE(engine::books_agree(*cache_));
        EXPECT_EQ(cache_->requested.get(), static_cast<std::int64_t>(held * GetParam()));
        EXPECT_EQ(cache_->slack.get(), static_cast<std::int64_t>(held) * slack());
        EXPECT_EQ(cache_->allocations.get() - cache_->frees.get(), held);
        for (void** p = b().floor; p < b().top.get(); ++p) {
            const bool is_marked = engine::has_tail(bin_)
                                       ? engine::read_remainder(static_cast<unsigned char*>(*p) +
                                                                engine::traits[bin_].slot) == 0
                                       : engine::slot_mark::read(*p) == engine::slot_mark::of(*p) ||
                                             engine::slot_mark::read(*p) == 0;
            EXPECT_TRUE(is_marked) << "a slot on the stack that looks like a block";
        }
    }
    [[nodiscard]] std::size_t on_stack() {
        return static_cast<std::size_t>(b().top.get() - b().floor);
    }

    std::size_t bin_ = engine::bin_of(GetParam());
    engine::thread_cache* cache_ = nullptr;
    std::vector<void*> live_;

  private:
    static int run(int steps, const std::vector<std::function<void()>>& all) {
        int done = 0;
        for (; done < steps && done < static_cast<int>(all.size()); ++done) {
            all[static_cast<std::size_t>(done)]();
        }
        return done;
    }
    void busy(std::uintptr_t word) { cache_->busy.store(word); }
    void add_requested(std::int64_t sign) {
        cache_->requested.add(sign * static_cast<std::int64_t>(GetParam()));
    }
};

constexpr int all_steps = 100;

TEST_P(half_done, malloc_is_counted_wholly_or_not_at_all) {
    for (int steps = 0;; ++steps) {
        SCOPED_TRACE(testing::Message() << steps << " stores");
        allocate(all_steps);
        const std::size_t held = live_.size();
        const int done = allocate(steps);
        ASSERT_TRUE(engine::mend(*cache_));
        const bool finished = on_stack() + held != 4;
        expect_whole(held + (finished ? 1 : 0));
        EXPECT_EQ(finished, steps >= (slack() == 0 ? 7 : 4))
            << "as soon as it has booked something";
        if (finished && live_.size() == held) { // nobody has it
            live_.push_back(b().floor[on_stack()]);
        }
        while (!live_.empty()) {
            free(all_steps);
        }
        if (done < steps) {
            break;
        }
    }
}

TEST_P(half_done, free_is_counted_wholly_or_not_at_all) {
    for (int steps = 0;; ++steps) {
        SCOPED_TRACE(testing::Message() << steps << " stores");
        allocate(all_steps);
        allocate(all_steps);
        const std::size_t held = live_.size();
        void* const last = live_.back();
        const int done = free(steps);
        ASSERT_TRUE(engine::mend(*cache_));
        const bool finished = on_stack() + held == 5;
        expect_whole(held - (finished ? 1 : 0));
        if (finished && live_.size() == held) {
            EXPECT_EQ(*(b().top.get() - 1), last);
            live_.pop_back();
        }
        while (!live_.empty()) {
            free(all_steps);
        }
        if (done < steps) {
            break;
        }
    }
}

TEST_P(half_done, what_no_call_can_leave_is_said_to_be_unknown) {
    allocate(2);
    cache_->requested.add(1'000'000);
    EXPECT_FALSE(engine::mend(*cache_));
    cache_->requested.add(-1'000'000);
    EXPECT_TRUE(engine::mend(*cache_));
}

INSTANTIATE_TEST_SUITE_P(sizes, half_done, testing::Values(64, 50, 1, 0, 1000, 4096, 300));

} // namespace
