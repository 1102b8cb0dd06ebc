// A record as a fork may find it: with the first so many stores of a charge, refund or exchange.
#include <ebb/alloc/counted/mend.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace {

using namespace ebb::counted;

using step = std::function<void(record&)>;

// The stores of counters.h, one by one.
std::vector<step> steps_of_charge(block b, bool by_exchange) {
    const std::size_t i = class_of(b.usable);
    return {
        [=](record& r) { r.doing = record::doing_word(i, record::charges); },
        [=](record& r) { r.classless_charged += i == 0 ? b.usable : 0; },
        [=](record& r) { ++r.classes[i].charged_blocks; },
        [=](record& r) { r.classes[i].charged_requested += b.requested; },
        [=](record& r) { r.charged_usable += b.usable; },
        [=](record& r) { r.charged_requested += b.requested; },
        [=](record& r) { ++(by_exchange ? r.exchanged_in : r.allocations); },
        [=](record& r) { r.doing = 0; },
    };
}
std::vector<step> steps_of_refund(block b, bool by_exchange) {
    const std::size_t i = class_of(b.usable);
    return {
        [=](record& r) { r.doing = record::doing_word(i, record::refunds); },
        [=](record& r) { r.classes[i].refunded_requested += b.requested; },
        [=](record& r) { r.classless_refunded += i == 0 ? b.usable : 0; },
        [=](record& r) { ++r.classes[i].refunded_blocks; },
        [=](record& r) { r.refunded_requested += b.requested; },
        [=](record& r) { r.refunded_usable += b.usable; },
        [=](record& r) { ++(by_exchange ? r.exchanged_out : r.frees); },
        [=](record& r) { r.doing = 0; },
    };
}
std::vector<step> steps_of_exchange(block old, block now) {
    std::vector<step> all{
        [=](record& r) {
            r.owed_requested = old.requested;
            r.owed_usable = old.usable;
            r.owed_after = r.exchanged_in;
        },
        [](record& r) { r.owes = true; },
    };
    for (const auto& steps : {steps_of_charge(now, true), steps_of_refund(old, true)}) {
        all.insert(all.end(), steps.begin(), steps.end());
    }
    all.emplace_back([](record& r) { r.owes = false; });
    return all;
}

void run(record& r, const std::vector<step>& steps, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        steps[i](r);
    }
}

// All that a record says of what is live and of its calls.
std::vector<std::uint64_t> said(const record& r) {
    std::vector<std::uint64_t> all{r.charged_requested - r.refunded_requested,
                                   r.charged_usable - r.refunded_usable, r.allocations, r.frees,
                                   r.classless_charged - r.classless_refunded};
    for (const class_counters& c : r.classes) {
        all.push_back(c.charged_blocks - c.refunded_blocks);
        all.push_back(c.charged_requested - c.refunded_requested);
    }
    return all;
}

constexpr block some_blocks[] = {{50, 56},     {56, 56},     {0, 24},
                                 {5000, 5008}, {1, 100'000}, {1024, 1024}};

// Some that live already, of each class that is to come.
void fill(record& r) {
    for (const block b : some_blocks) {
        charge_to(r, b);
        charge_to(r, b);
        charge_to(r, b);
        refund_to(r, b);
    }
}

// After each number of stores the record says what it said before, or what it says after all.
void expect_whole(const std::vector<step>& steps) {
    const auto before = std::make_unique<record>();
    fill(*before);
    const auto after = std::make_unique<record>();
    fill(*after);
    run(*after, steps, steps.size());
    bool finishes = false;
    for (std::size_t count = 0; count <= steps.size(); ++count) {
        SCOPED_TRACE(testing::Message() << count << " stores");
        const auto r = std::make_unique<record>();
        fill(*r);
        run(*r, steps, count);
        mend(*r);
        EXPECT_EQ(r->doing, 0U);
        EXPECT_FALSE(r->owes);
        const bool is_after = said(*r) == said(*after);
        EXPECT_TRUE(is_after || said(*r) == said(*before));
        EXPECT_TRUE(is_after || !finishes) << "once finished, it is with more stores too";
        finishes = finishes || is_after;
        // And the record goes on.
        charge_to(*r, {8, 16});
        refund_to(*r, {8, 16});
        EXPECT_EQ(said(*r)[0], said(is_after ? *after : *before)[0]);
    }
    EXPECT_TRUE(finishes);
}

TEST(mend, charges_are_counted_wholly_or_not_at_all) {
    for (const block b : some_blocks) {
        SCOPED_TRACE(testing::Message() << b.requested << " of " << b.usable);
        expect_whole(steps_of_charge(b, false));
    }
}

TEST(mend, refunds_are_counted_wholly_or_not_at_all) {
    for (const block b : some_blocks) {
        SCOPED_TRACE(testing::Message() << b.requested << " of " << b.usable);
        expect_whole(steps_of_refund(b, false));
    }
}

TEST(mend, exchanges_are_counted_wholly_or_not_at_all) {
    for (const block old : some_blocks) {
        for (const block now : some_blocks) {
            SCOPED_TRACE(testing::Message() << old.usable << " for " << now.usable);
            expect_whole(steps_of_exchange(old, now));
        }
    }
}

} // namespace
