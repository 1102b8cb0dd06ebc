// Allocators that have no more than they must: pointers that are classes, no assignment, a single
// way to travel.
#include <tests/maps/contract/fixture.h>

#include <cstddef>
#include <iterator>
#include <memory>

namespace tests {

/// Counts what is out; an allocator of another number takes nothing back.
struct fancy_book {
    static inline int out[4] = {};
};

/// A pointer that converts to none.
template <class T>
class fancy_pointer {
  public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = fancy_pointer;
    using reference = std::add_lvalue_reference_t<T>;
    using iterator_category = std::random_access_iterator_tag;

    fancy_pointer() = default;
    fancy_pointer(std::nullptr_t) {}
    explicit fancy_pointer(T* p) : p_(p) {}
    template <class U>
    requires std::convertible_to<U*, T*> fancy_pointer(const fancy_pointer<U>& other)
        : p_(other.operator->()) {}

    T* operator->() const { return p_; }
    reference operator*() const requires(!std::is_void_v<T>) { return *p_; }
    explicit operator bool() const { return p_ != nullptr; }
    template <class U = T>
    static fancy_pointer pointer_to(U& at) requires(!std::is_void_v<T>) {
        return fancy_pointer(std::addressof(at));
    }
    friend bool operator==(const fancy_pointer&, const fancy_pointer&) = default;
    friend bool operator==(const fancy_pointer& a, std::nullptr_t) { return a.p_ == nullptr; }

  private:
    T* p_ = nullptr;
};

/// What the standard asks of an allocator, and no more. `Fancy`: with those pointers.
template <class T, bool Fancy>
struct minimal_allocator {
    using value_type = T;
    using pointer = std::conditional_t<Fancy, fancy_pointer<T>, T*>;
    template <class U>
    struct rebind { // NOLINT(readability-identifier-naming): the standard's
        using other = minimal_allocator<U, Fancy>;
    };

    explicit minimal_allocator(int number) : id(number) {}
    template <class U>
    minimal_allocator(const minimal_allocator<U, Fancy>& other) : id(other.id) {}
    minimal_allocator(const minimal_allocator&) = default;
    minimal_allocator& operator=(const minimal_allocator&) = delete; // it never travels

    [[nodiscard]] pointer allocate(std::size_t n) {
        ++fancy_book::out[id];
        return pointer(
            static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(alignof(T)))));
    }
    void deallocate(pointer p, std::size_t) noexcept {
        --fancy_book::out[id];
        ::operator delete(std::to_address(p), std::align_val_t(alignof(T)));
    }
    template <class U>
    friend bool operator==(const minimal_allocator& a, const minimal_allocator<U, Fancy>& b) {
        return a.id == b.id;
    }

    const int id;
};

template <class F>
class fancy : public ::testing::Test {
  public:
    template <bool Fancy>
    using of = typename F::template with_allocator<
        plain, plain, number_hash, number_equal,
        minimal_allocator<std::pair<const plain, plain>, Fancy>>;

  protected:
    void SetUp() override { census::live = 0; }
    void TearDown() override {
        EXPECT_EQ(census::live, 0);
        EXPECT_EQ(fancy_book::out[1], 0);
        EXPECT_EQ(fancy_book::out[2], 0);
    }

    template <class C>
    static void expect_works() {
        using allocator = typename C::allocator_type;
        C c{allocator(1)};
        fill(c, 0, 2000);
        expect_holds(c, numbers(0, 2000));
        EXPECT_GT(fancy_book::out[1], 0);
        for (int n = 100; n < 2000; ++n) {
            ASSERT_EQ(c.erase(plain(n)), 1U);
        }
        const C copy(c);
        expect_holds(copy, numbers(0, 100));
        C d{allocator(2)};
        fill(d, 90, 95);
        d = c;
        EXPECT_EQ(d.get_allocator().id, 2);
        expect_holds(d, numbers(0, 100));
        d.clear();
        d = std::move(c); // each element: the allocators differ and stay
        EXPECT_EQ(d.get_allocator().id, 2);
        expect_holds(d, numbers(0, 100));
        C e(std::move(d));
        C f{allocator(2)};
        f = std::move(e); // at once
        f.swap(e);
        expect_holds(e, numbers(0, 100));
        expect_holds(f, {});
        e.reserve(500);
        e.rehash(0);
        auto node = e.extract(plain(5));
        EXPECT_TRUE(e.insert(std::move(node)).inserted);
        f.merge(e);
        expect_holds(f, numbers(0, 100));
    }
};
TYPED_TEST_SUITE(fancy, maps_on_allocators, family_name);

TYPED_TEST(fancy, an_allocator_that_cannot_be_assigned_will_do) {
    this->template expect_works<typename TestFixture::template of<false>>();
}
TYPED_TEST(fancy, pointers_may_be_classes) {
    EBB_WHERE(TypeParam::takes_fancy_pointers) {
        this->template expect_works<typename TestFixture::template of<true>>();
    }
}

} // namespace tests
