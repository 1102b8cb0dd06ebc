// Maps over a memory resource: what lies in them lies in it, down to the strings' characters, and
// nothing in the default one.
#include <tests/maps/contract/fixture.h>

#include <memory_resource>

namespace tests {

template <class F>
class pmr : public ::testing::Test {
  public:
    using text = std::pmr::string;
    using texts = typename F::template with_allocator<
        text, text, number_hash, number_equal,
        std::pmr::polymorphic_allocator<std::pair<const text, text>>>;
    using resource = ebb::pmr_resource<subject_arena>;

  protected:
    void SetUp() override {
        faults::disarm();
        before_ = std::pmr::set_default_resource(std::pmr::null_memory_resource());
    }
    void TearDown() override {
        std::pmr::set_default_resource(before_);
        EXPECT_EQ(mine_.read().requested, 0U);
        EXPECT_EQ(other_.read().requested, 0U);
    }

    // Too long for its place.
    static text text_of(int n, resource& r) {
        return text("text that takes a block of its own " + std::to_string(n), &r);
    }
    static void fill_with(texts& c, int first, int last, resource& r) {
        for (int n = first; n < last; ++n) {
            c.try_emplace(text_of(n, r), text_of(value_for(n), r));
        }
    }
    static void expect_lies_in(const texts& c, resource& r, const std::vector<int>& expected) {
        EXPECT_EQ(c.get_allocator().resource(), &r);
        for (const auto& [k, v] : c) {
            ASSERT_EQ(k.get_allocator().resource(), &r);
            ASSERT_EQ(v.get_allocator().resource(), &r);
        }
        expect_holds(c, expected);
    }

    subject_arena mine_;
    subject_arena other_;
    resource here_{mine_};
    resource there_{other_};

  private:
    std::pmr::memory_resource* before_ = nullptr;
};
TYPED_TEST_SUITE(pmr, maps_on_allocators, family_name);

TYPED_TEST(pmr, every_way_in_leads_into_the_resource) {
    using map = typename TestFixture::texts;
    const auto there = [&](int n) { return this->text_of(n, this->there_); };
    map c(&this->here_);
    c.emplace(there(0), there(value_for(0)));
    c.emplace("text from a literal that is long enough 1", there(value_for(1)).c_str());
    c.emplace(std::piecewise_construct, std::forward_as_tuple(there(2)),
              std::forward_as_tuple(there(value_for(2))));
    c.try_emplace(there(3), there(value_for(3)));
    c.insert({there(4), there(value_for(4))});
    const typename map::value_type pair(there(5), there(value_for(5)));
    c.insert(pair);
    c.insert(&pair, &pair + 1);
    c.insert_or_assign(there(6), there(0));
    c.insert_or_assign(there(6), there(value_for(6)));
    c[there(7)] = there(value_for(7));
    const auto k = there(8);
    c[k] = there(value_for(8));
    this->expect_lies_in(c, this->here_, numbers(0, 9));
}

TYPED_TEST(pmr, growth_and_shrinking_stay_in_it) {
    using map = typename TestFixture::texts;
    map c(&this->here_);
    this->fill_with(c, 0, 3000, this->there_);
    this->expect_lies_in(c, this->here_, numbers(0, 3000));
    erase_if(c, [](const auto& e) { return number_of(e.first) >= 100; });
    this->expect_lies_in(c, this->here_, numbers(0, 100));
    EXPECT_EQ(this->other_.read().requested, 0U);
}

TYPED_TEST(pmr, a_copy_lies_in_the_default_resource_or_the_one_given) {
    using map = typename TestFixture::texts;
    map c(&this->here_);
    this->fill_with(c, 0, 100, this->here_);
    EXPECT_THROW(map{c}, std::bad_alloc);
    const map d(c, &this->there_);
    this->expect_lies_in(d, this->there_, numbers(0, 100));
    std::pmr::set_default_resource(&this->there_);
    const map e(c);
    this->expect_lies_in(e, this->there_, numbers(0, 100));
}

TYPED_TEST(pmr, assignment_and_moves_leave_each_its_own) {
    using map = typename TestFixture::texts;
    for (const int size : {0, 5, 700}) {
        map c(&this->here_);
        this->fill_with(c, 0, size, this->here_);
        map d(&this->there_);
        this->fill_with(d, 50, 60, this->there_);
        d = c;
        this->expect_lies_in(d, this->there_, numbers(0, size));
        d.clear();
        d = std::move(c);
        this->expect_lies_in(d, this->there_, numbers(0, size));
        map e(std::move(d), &this->here_);
        this->expect_lies_in(e, this->here_, numbers(0, size));
        map f(std::move(e));
        this->expect_lies_in(f, this->here_, numbers(0, size));
    }
}

TYPED_TEST(pmr, a_handle_goes_between_resources_where_it_is_nobodys) {
    using map = typename TestFixture::texts;
    // std's is bound to its allocator: putting it into a map of another is undefined.
    EBB_WHERE(extracts<map> && validates<map>) {
        map c(&this->here_);
        this->fill_with(c, 0, 30, this->here_);
        map d(&this->there_);
        for (int n = 0; n < 30; n += 3) {
            EXPECT_TRUE(d.insert(c.extract(this->text_of(n, this->there_))).inserted);
        }
        d.merge(c);
        EXPECT_TRUE(c.empty());
        this->expect_lies_in(d, this->there_, numbers(0, 30));
    }
}

} // namespace tests
