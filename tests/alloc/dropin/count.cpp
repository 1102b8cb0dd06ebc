// What libebbcount.so says beside what a program did, under whatever malloc the test was started
// with: LD_PRELOAD, or linked. One thread; tests/alloc/dropin/count_threads.cpp has the others.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/alloc/dropin/early_blocks.h>
#include <tests/alloc/dropin/heap_model.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>

#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <limits>

namespace {

using namespace tests;

constexpr std::size_t table_size = 512;
live_block blocks[table_size];

// Values that the compiler must not follow: it knows what malloc answers to hopeless sizes.
volatile std::size_t hopeless = std::numeric_limits<std::size_t>::max() - 4096;

void expect_same(const sums& model, const ebb_ledger& before, const ebb_ledger& now) {
    const sums m = moved(before, now);
    ASSERT_EQ(m.requested, model.requested);
    ASSERT_EQ(m.usable, model.usable);
    ASSERT_EQ(m.allocations, model.allocations);
    ASSERT_EQ(m.frees, model.frees);
}

TEST(count, is_exact_after_every_step_of_a_random_trace) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    dice d(seed);
    sums model;
    const ebb_ledger before = read_heap();
    for (int i = 0; i < 200'000; ++i) {
        step(d, blocks, table_size, model);
        const ebb_ledger now = read_heap();
        if (!(moved(before, now) == model)) {
            SCOPED_TRACE(testing::Message() << "step " << i);
            expect_same(model, before, now);
            return;
        }
    }
    give_all(d, blocks, table_size, model);
    ASSERT_EQ(model.requested, 0U);
    expect_same(model, before, read_heap());
}

TEST(count, blocks_taken_before_the_next_mallocs_constructor_are_exact) {
    for (const early_block& b : early_blocks) {
        for (std::size_t i = 0; i < b.requested; ++i) {
            ASSERT_EQ(b.p[i], 0xe5);
        }
        const std::size_t usable = next_usable(b.p);
        const ebb_ledger before = read_heap();
        std::free(b.p);
        ASSERT_EQ(moved(read_heap(), before), (sums{b.requested, usable, 0, 0 - std::uint64_t{1}}));
    }
}

TEST(count, usable_is_requested_and_slack) {
    void* const p = std::malloc(1000);
    const ebb_ledger l = read_heap();
    EXPECT_EQ(l.usable, l.requested + l.slack);
    std::free(p);
}

TEST(count, what_a_foreign_malloc_cannot_tell_is_absent) {
    const ebb_ledger l = read_heap();
    for (const std::uint64_t member : {l.dead, l.idle, l.overhead, l.mapped, l.peak_mapped}) {
        EXPECT_EQ(member, EBB_ABSENT);
    }
    ebb_resident r{};
    ASSERT_EQ(ebb_heap_resident(&r, sizeof r), 0);
    for (const std::uint64_t member : {r.mapped, r.resident, r.live, r.idle, r.overhead}) {
        EXPECT_EQ(member, EBB_ABSENT);
    }
}

TEST(count, peak_is_exact_with_one_thread) {
    const ebb_ledger before = read_heap();
    const std::size_t more = before.peak_requested - before.requested + 12'345;
    void* const p = std::malloc(more);
    void* const q = std::malloc(77);
    std::free(q);
    void* const r = std::malloc(70);
    std::free(p);
    std::free(r);
    const ebb_ledger now = read_heap();
    EXPECT_EQ(now.peak_requested, before.requested + more + 77);
    EXPECT_EQ(now.requested, before.requested);
}

// In place or moved, a block and what replaces it are never both held.
TEST(count, peak_of_a_block_that_grows_and_shrinks_is_its_largest_size) {
    const ebb_ledger before = read_heap();
    const std::size_t most = before.peak_requested - before.requested + 3'000'000;
    void* p = std::malloc(10);
    for (const std::size_t n : {std::size_t{200}, std::size_t{5000}, most / 2, most, most / 3}) {
        p = std::realloc(p, n);
        ASSERT_NE(p, nullptr);
    }
    std::free(p);
    EXPECT_EQ(read_heap().peak_requested, before.requested + most);
}

TEST(count, names_the_functions_that_it_hands_on_to) {
    for (const char* const name : {"malloc", "free", "calloc", "realloc", "aligned_alloc",
                                   "posix_memalign", "memalign", "malloc_usable_size"}) {
        EXPECT_EQ(ebb_count_next(name), reinterpret_cast<const void*>(next_function<void()>(name)))
            << name;
    }
    EXPECT_EQ(ebb_count_next("mallinfo"), nullptr);
}

TEST(count, classes_sum_to_the_ledger) {
    sums model;
    dice d(7);
    for (int i = 0; i < 3000; ++i) {
        step(d, blocks, table_size, model);
    }
    static std::array<ebb_heap_class, 256> classes;
    std::size_t count = 0;
    ASSERT_EQ(ebb_heap_classes(classes.data(), sizeof classes[0], classes.size(), &count), 0);
    const ebb_ledger l = read_heap();
    ASSERT_LE(count, classes.size());
    ASSERT_GE(count, 2U);
    EXPECT_EQ(classes[count - 1].slot, 0U);
    ebb_heap_class sum{};
    for (std::size_t i = 0; i < count; ++i) {
        sum.blocks += classes[i].blocks;
        sum.requested += classes[i].requested;
        sum.slack += classes[i].slack;
        EXPECT_EQ(classes[i].idle, EBB_ABSENT);
        if (i + 1 < count) {
            EXPECT_EQ(classes[i].requested + classes[i].slack, classes[i].slot * classes[i].blocks);
            EXPECT_LT(i == 0 ? 0 : classes[i - 1].slot, classes[i].slot);
        }
    }
    EXPECT_EQ(sum.blocks, l.allocations - l.frees);
    EXPECT_EQ(sum.requested, l.requested);
    EXPECT_EQ(sum.slack, l.slack);
    std::size_t fewer = 0;
    ASSERT_EQ(ebb_heap_classes(nullptr, sizeof classes[0], 0, &fewer), 0);
    EXPECT_EQ(fewer, count);
    give_all(d, blocks, table_size, model);
}

TEST(count, structures_are_versioned_by_size) {
    struct {
        ebb_ledger known;
        std::uint64_t younger;
    } l{};
    ASSERT_EQ(ebb_heap_ledger(&l.known, sizeof l), 0);
    EXPECT_EQ(l.younger, EBB_ABSENT);
    l.known.slack = 1;
    ASSERT_EQ(ebb_heap_ledger(&l.known, sizeof l.known.requested), 0);
    EXPECT_EQ(l.known.slack, 1U);
    EXPECT_EQ(ebb_heap_ledger(&l.known, 7), EINVAL);
    EXPECT_EQ(ebb_heap_ledger(nullptr, sizeof l), EINVAL);
    EXPECT_EQ(ebb_heap_classes(nullptr, sizeof(ebb_heap_class), 1, nullptr), EINVAL);
    EXPECT_EQ(ebb_heap_resident(nullptr, sizeof(ebb_resident)), EINVAL);
}

// What a call that must fail leaves in errno. Some mallocs leave nothing: that is theirs.
template <class Call>
int errno_of(Call call) {
    errno = 0;
    EXPECT_EQ(call(), nullptr);
    return errno;
}

TEST(count, failures_leave_the_ledger_and_the_next_mallocs_errno) {
    void* volatile p = std::malloc(100);
    static_cast<void>(next_function<void*(std::size_t)>("malloc")); // what the look-up keeps
    EXPECT_THROW(throw std::bad_alloc(), std::bad_alloc); // what a runtime keeps for a thread
    const ebb_ledger before = read_heap();
    EXPECT_EQ(errno_of([&] { return std::malloc(hopeless); }),
              errno_of([] { return next_function<void*(std::size_t)>("malloc")(hopeless); }));
    EXPECT_EQ(errno_of([&] { return std::calloc(hopeless, 16); }), errno_of([] {
                  return next_function<void*(std::size_t, std::size_t)>("calloc")(hopeless, 16);
              }));
    EXPECT_EQ(errno_of([&] { return std::realloc(p, hopeless); }), errno_of([&] {
                  return next_function<void*(void*, std::size_t)>("realloc")(p, hopeless);
              }));
    EXPECT_EQ(errno_of([&] { return ::reallocarray(p, hopeless, 2); }), ENOMEM);
    EXPECT_EQ(errno_of([&] { return ::pvalloc(hopeless + 4090); }), ENOMEM);
    void* q = nullptr;
    EXPECT_EQ(::posix_memalign(&q, 24, 8), EINVAL);
    EXPECT_EQ(::operator new(hopeless, std::nothrow), nullptr);
    EXPECT_EQ(::operator new (hopeless, std::align_val_t{64}, std::nothrow), nullptr);
    // A nothrow new may throw inside, and take and give an exception object.
    const sums m = moved(before, read_heap());
    EXPECT_EQ(m.requested, 0U);
    EXPECT_EQ(m.usable, 0U);
    EXPECT_EQ(m.allocations, m.frees);
    std::free(p);
}

TEST(count, successes_leave_errno) {
    errno = EDOM;
    void* p = std::malloc(100);
    p = std::realloc(p, 3'000'000);
    p = std::realloc(p, 10);
    std::free(p);
    ::operator delete(::operator new(17));
    EXPECT_EQ(errno, EDOM);
    std::free(std::realloc(std::malloc(1), 0));
    EXPECT_EQ(errno, EDOM);
}

// A handler as programs have it: gives a reserve back once, then has nothing more.
void* reserve = nullptr;
void spend() {
    if (reserve == nullptr) {
        throw std::bad_alloc();
    }
    ::operator delete(reserve);
    reserve = nullptr;
}

TEST(count, a_new_that_throws_counts_nothing_and_its_handler_as_usual) {
    const char* const next = std::getenv("EBB_NEXT");
    if (next != nullptr && std::strstr(next, "mimalloc") != nullptr) {
        GTEST_SKIP() << "Debian's mimalloc, compiled as C, ends the program here";
    }
    [[maybe_unused]] void* volatile block = nullptr; // g++ 10 leaves out what nobody looks at
    // Once before: what the runtime itself needs to throw.
    EXPECT_THROW(block = ::operator new(hopeless), std::bad_alloc);
    reserve = ::operator new(5000);
    const ebb_ledger before = read_heap();
    const std::uint64_t reserve_bytes = next_usable(reserve);
    std::set_new_handler(spend);
    bool thrown = false;
    try {
        block = ::operator new(hopeless);
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    try {
        block = ::operator new[](hopeless, std::align_val_t{128});
        thrown = false;
    } catch (const std::bad_alloc&) {
    }
    std::set_new_handler(nullptr);
    EXPECT_TRUE(thrown);
    const ebb_ledger now = read_heap();
    // An exception object or two may have come and gone by malloc.
    const sums m = moved(before, now);
    EXPECT_EQ(m.requested, std::uint64_t{0} - 5000);
    EXPECT_EQ(m.usable, 0 - reserve_bytes);
    EXPECT_EQ(m.frees - m.allocations, 1U);
    // And counting goes on as before.
    sums model;
    dice d(3);
    for (int i = 0; i < 2000; ++i) {
        step(d, blocks, table_size, model);
    }
    expect_same(model, now, read_heap());
    give_all(d, blocks, table_size, model);
}

// Where the C++ runtime answers. (tcmalloc rounds such alignments up, mimalloc ends the program.)
TEST(count, a_new_whose_alignment_is_none_is_the_runtimes_to_refuse) {
    const char* const next = std::getenv("EBB_NEXT");
    if (next != nullptr && *next != '\0') {
        GTEST_SKIP() << "another malloc's operators answer";
    }
    const ebb_ledger before = read_heap();
    [[maybe_unused]] void* volatile block = nullptr;
    for (const std::size_t a : {std::size_t{3}, std::size_t{24}, std::size_t{4097}}) {
        const std::align_val_t wrong{a};
        EXPECT_THROW(block = ::operator new(10, wrong), std::bad_alloc) << a;
        EXPECT_EQ(::operator new(10, wrong, std::nothrow), nullptr) << a;
    }
    EXPECT_EQ(read_heap().requested, before.requested);
}

TEST(count, null_and_zero_are_the_next_mallocs) {
    const ebb_ledger before = read_heap();
    std::free(nullptr);
    ::operator delete(nullptr);
    EXPECT_EQ(::malloc_usable_size(nullptr), 0U);
    void* const p = std::malloc(0);
    EXPECT_EQ(next_usable(p), read_heap().usable - before.usable);
    EXPECT_EQ(read_heap().requested, before.requested);
    std::free(p);
}

TEST(count, no_block_is_asked_for_with_another_size) {
    // The next malloc's own answer to the same request, without the shim: asked by its library.
    auto* const plain_malloc = next_function<void*(std::size_t)>("malloc");
    auto* const plain_free = next_function<void(void*)>("free");
    for (std::size_t n = 0; n < 5000; ++n) {
        void* const p = plain_malloc(n);
        const std::size_t bare = next_usable(p);
        plain_free(p);
        void* const q = std::malloc(n);
        ASSERT_EQ(next_usable(q), bare) << n;
        std::free(q);
    }
}

TEST(count, goes_on_in_a_forked_child) {
    sums model;
    dice d(11);
    const ebb_ledger before = read_heap();
    for (int i = 0; i < 1000; ++i) {
        step(d, blocks, table_size, model);
    }
    const int status = status_of_child([&] {
        for (int i = 0; i < 20'000; ++i) {
            step(d, blocks, table_size, model);
        }
        const bool is_same = moved(before, read_heap()) == model;
        return is_same && is_exact_beside_a_thread(5, blocks, table_size);
    });
    EXPECT_EQ(status, 0);
    give_all(d, blocks, table_size, model);
    expect_same(model, before, read_heap());
}

// In a child: it ends the exactness of the process.
TEST(count, an_overwritten_remainder_makes_requested_absent) {
    const int status = status_of_child([] {
        auto* const p = static_cast<unsigned char*>(std::malloc(33));
        p[next_usable(p) - 1] = 0; // beyond what was asked for, and beyond malloc_usable_size
        std::free(p);
        const ebb_ledger l = read_heap();
        return l.requested == EBB_ABSENT && l.slack == EBB_ABSENT &&
               l.peak_requested == EBB_ABSENT && l.usable != EBB_ABSENT;
    });
    EXPECT_EQ(status, 0);
}

} // namespace
