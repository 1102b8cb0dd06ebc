// Maps on std allocators: where the blocks come from and who takes them back, for every way that
// an allocator can ask to go along.
#include <tests/maps/contract/fixture.h>

#include <array>
#include <memory>
#include <unordered_map>

namespace tests {

// Who allocated each block; a block must go back to an equal allocator.
struct allocator_book {
    static inline std::unordered_map<const void*, int> blocks;
    static inline std::array<int, 16> count{};
};

struct travels {
    bool on_copy, on_move, on_swap;
};

template <class T, travels Travels, bool Explicit = false>
struct numbered_allocator {
    using value_type = T;
    using propagate_on_container_copy_assignment = std::bool_constant<Travels.on_copy>;
    using propagate_on_container_move_assignment = std::bool_constant<Travels.on_move>;
    using propagate_on_container_swap = std::bool_constant<Travels.on_swap>;
    using is_always_equal = std::false_type;
    template <class U>
    struct rebind { // NOLINT(readability-identifier-naming): the standard's
        using other = numbered_allocator<U, Travels, Explicit>;
    };

    explicit numbered_allocator(int number) requires Explicit : id(number) {}
    numbered_allocator(int number = 0) requires(!Explicit) : id(number) {}
    template <class U>
    numbered_allocator(const numbered_allocator<U, Travels, Explicit>& other) : id(other.id) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        faults::point(faults::allocation);
        auto* const p =
            static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(alignof(T))));
        note(p);
        return p;
    }
    void deallocate(T* p, std::size_t) noexcept {
        forget(p);
        ::operator delete(p, std::align_val_t(alignof(T))); // clang 14 has no sized one
    }
    [[nodiscard]] numbered_allocator select_on_container_copy_construction() const {
        return numbered_allocator(id + 8);
    }
    template <class U>
    friend bool operator==(const numbered_allocator& a,
                           const numbered_allocator<U, Travels, Explicit>& b) {
        return a.id == b.id;
    }

    int id;

  private:
    [[gnu::noinline]] void note(const void* p) const {
        allocator_book::blocks[p] = id;
        ++allocator_book::count[static_cast<std::size_t>(id)];
    }
    [[gnu::noinline]] void forget(const void* p) const noexcept {
        const auto at = allocator_book::blocks.find(p);
        EBB_CHECK_AT(at != allocator_book::blocks.end(), "numbered_allocator: not its block", p);
        EBB_CHECK_AT(at->second == id, "numbered_allocator: another's block", p);
        allocator_book::blocks.erase(at);
        --allocator_book::count[static_cast<std::size_t>(id)];
    }
};

template <class F>
class allocators : public ::testing::Test {
  public:
    template <travels Travels, bool Explicit = false>
    using allocator = numbered_allocator<std::pair<const plain, plain>, Travels, Explicit>;
    template <travels Travels, bool Explicit = false>
    using of = typename F::template with_allocator<plain, plain, number_hash, number_equal,
                                                   allocator<Travels, Explicit>>;
    static constexpr travels stays{false, false, false};
    static constexpr travels goes{true, true, true};

    template <class C>
    static C make_with(int id, int first, int last) {
        C c{typename C::allocator_type(id)};
        fill(c, first, last);
        return c;
    }

  protected:
    void SetUp() override { census::live = 0; }
    void TearDown() override {
        EXPECT_EQ(census::live, 0);
        EXPECT_TRUE(allocator_book::blocks.empty()) << "blocks left";
    }
};
TYPED_TEST_SUITE(allocators, maps_on_allocators, family_name);

TYPED_TEST(allocators, every_block_comes_from_the_one_given) {
    using map = typename TestFixture::template of<TestFixture::stays>;
    auto c = TestFixture::template make_with<map>(3, 0, 500);
    EXPECT_EQ(c.get_allocator().id, 3);
    EXPECT_GT(allocator_book::count[3], 0);
    EXPECT_EQ(allocator_book::blocks.size(), static_cast<std::size_t>(allocator_book::count[3]));
    const map d(10, number_hash{1}, number_equal{2}, typename map::allocator_type(4));
    EXPECT_EQ(d.get_allocator().id, 4);
    EXPECT_EQ(d.hash_function().id, 1);
}

TYPED_TEST(allocators, a_copy_asks_which_to_use) {
    using map = typename TestFixture::template of<TestFixture::goes>;
    const auto c = TestFixture::template make_with<map>(1, 0, 200);
    const map d(c);
    EXPECT_EQ(d.get_allocator().id, 9);
    expect_holds(d, numbers(0, 200));
    const map e(c, typename map::allocator_type(5));
    EXPECT_EQ(e.get_allocator().id, 5);
    expect_holds(e, numbers(0, 200));
}

TYPED_TEST(allocators, copy_assignment_takes_it_along_or_not) {
    const auto run = [&]<class Map>(std::type_identity<Map>, int expected) {
        const auto c = TestFixture::template make_with<Map>(1, 0, 200);
        for (const int size : {0, 50, 500}) {
            auto d = TestFixture::template make_with<Map>(2, 100, 100 + size);
            d = c;
            EXPECT_EQ(d.get_allocator().id, expected);
            expect_holds(d, numbers(0, 200));
            fill(d, 200, 300);
        }
    };
    run(std::type_identity<typename TestFixture::template of<TestFixture::stays>>(), 2);
    run(std::type_identity<typename TestFixture::template of<TestFixture::goes>>(), 1);
}

TYPED_TEST(allocators, a_move_takes_it_along) {
    using map = typename TestFixture::template of<TestFixture::stays>;
    auto c = TestFixture::template make_with<map>(1, 0, 200);
    census::moves = census::copies = 0;
    map d(std::move(c));
    EXPECT_EQ(d.get_allocator().id, 1);
    EXPECT_EQ(census::moves + census::copies, 0);
    expect_holds(d, numbers(0, 200));
    map e(std::move(d), typename map::allocator_type(1)); // equal: nothing moves
    EXPECT_EQ(census::moves + census::copies, 0);
    expect_holds(e, numbers(0, 200));
    const map f(std::move(e), typename map::allocator_type(2)); // unequal: each element does
    EXPECT_EQ(f.get_allocator().id, 2);
    expect_holds(f, numbers(0, 200));
}

TYPED_TEST(allocators, move_assignment_takes_it_along_or_moves_each) {
    const auto run = [&]<class Map>(std::type_identity<Map>, int expected) {
        for (const int size : {0, 50, 500}) {
            auto c = TestFixture::template make_with<Map>(1, 0, 200);
            auto d = TestFixture::template make_with<Map>(2, 100, 100 + size);
            d = std::move(c);
            EXPECT_EQ(d.get_allocator().id, expected);
            expect_holds(d, numbers(0, 200));
            fill(d, 200, 300);
            c.clear(); // NOLINT(bugprone-use-after-move): usable still
            fill(c, 0, 20);
            expect_holds(c, numbers(0, 20));
        }
    };
    run(std::type_identity<typename TestFixture::template of<TestFixture::stays>>(), 2);
    run(std::type_identity<typename TestFixture::template of<TestFixture::goes>>(), 1);
}

TYPED_TEST(allocators, swap_takes_it_along) {
    using map = typename TestFixture::template of<TestFixture::goes>;
    auto c = TestFixture::template make_with<map>(1, 0, 200);
    auto d = TestFixture::template make_with<map>(2, 0, 3);
    c.swap(d);
    EXPECT_EQ(c.get_allocator().id, 2);
    EXPECT_EQ(d.get_allocator().id, 1);
    expect_holds(c, numbers(0, 3));
    expect_holds(d, numbers(0, 200));
    fill(c, 0, 100);
    using still = typename TestFixture::template of<TestFixture::stays>;
    auto e = TestFixture::template make_with<still>(1, 0, 200); // equal ones may stay
    auto f = TestFixture::template make_with<still>(1, 0, 3);
    swap(e, f);
    expect_holds(e, numbers(0, 3));
}

// Each permission alone: the two others say no.
TYPED_TEST(allocators, each_way_to_go_along_is_asked_for_alone) {
    const auto run = [&]<class Map>(std::type_identity<Map>, travels as) {
        const auto from = TestFixture::template make_with<Map>(1, 0, 40);
        auto c = TestFixture::template make_with<Map>(2, 30, 80);
        c = from;
        EXPECT_EQ(c.get_allocator().id, as.on_copy ? 1 : 2);
        expect_holds(c, numbers(0, 40));
        auto d = TestFixture::template make_with<Map>(3, 0, 50);
        auto e = TestFixture::template make_with<Map>(4, 7, 9);
        e = std::move(d);
        EXPECT_EQ(e.get_allocator().id, as.on_move ? 3 : 4);
        expect_holds(e, numbers(0, 50));
        auto f = TestFixture::template make_with<Map>(as.on_swap ? 5 : e.get_allocator().id, 1, 3);
        const int other = e.get_allocator().id;
        f.swap(e);
        EXPECT_EQ(f.get_allocator().id, other);
        EXPECT_EQ(e.get_allocator().id, as.on_swap ? 5 : other);
        expect_holds(f, numbers(0, 50));
        expect_holds(e, {1, 2});
    };
    constexpr travels copy{true, false, false};
    constexpr travels move{false, true, false};
    constexpr travels swap{false, false, true};
    run(std::type_identity<typename TestFixture::template of<copy>>(), copy);
    run(std::type_identity<typename TestFixture::template of<move>>(), move);
    run(std::type_identity<typename TestFixture::template of<swap>>(), swap);
}

TYPED_TEST(allocators, a_move_into_another_that_fails_leaks_nothing) {
    using map = typename TestFixture::template of<TestFixture::stays>;
    int failures = 0;
    for (;; ++failures) {
        auto c = TestFixture::template make_with<map>(1, 0, 60);
        auto d = TestFixture::template make_with<map>(2, 0, 20);
        faults::arm(faults::allocation, static_cast<std::uint64_t>(failures));
        bool failed = false;
        try {
            d = std::move(c);
        } catch (const fault&) {
            failed = true;
        }
        faults::disarm();
        if (!failed) {
            break;
        }
        d.clear();
        fill(d, 0, 5);
        expect_holds(d, numbers(0, 5));
    }
    EXPECT_GT(failures, 0);
}

TYPED_TEST(allocators, an_explicit_one_will_do) {
    using map = typename TestFixture::template of<TestFixture::goes, true>;
    const typename map::allocator_type a(3);
    map c(a);
    fill(c, 0, 100);
    map d(c);
    map e(c, a);
    map f(std::move(e), a);
    d = c;
    expect_holds(d, numbers(0, 100));
    expect_holds(f, numbers(0, 100));
}

} // namespace tests
