#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/engine/size_class.h>

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace ebb;         // NOLINT: a test's own file
using namespace ebb::engine; // NOLINT

TEST(size_class, serves_every_size_by_the_least_slot) {
    for (std::size_t n = 1; n <= largest_slot; ++n) {
        const std::size_t c = class_of(n);
        ASSERT_GE(slot_of(c), n);
        ASSERT_TRUE(c == 0 || slot_of(c - 1) < n) << n;
    }
}

TEST(size_class, wastes_at_most_an_eighth_of_the_request) {
    for (std::size_t n = 129; n <= largest_slot; ++n) {
        ASSERT_LE((slot_of(class_of(n)) - n) * 8, n) << n;
    }
}

TEST(size_class, says_by_the_bin_whether_a_slot_is_filled) {
    for (std::size_t n = 0; n <= largest_slot; ++n) {
        const std::size_t bin = bin_of(n);
        ASSERT_EQ(traits[bin].slot, slot_of(class_of(n)));
        ASSERT_EQ(has_tail(bin), n < traits[bin].slot) << n;
    }
}

TEST(size_class, finds_the_index_of_every_offset) {
    for (const bin_traits& t : traits) {
        for (std::size_t offset = 0; offset < t.span_bytes; ++offset) {
            ASSERT_EQ(t.index(offset), offset / t.slot) << t.slot;
        }
    }
}

TEST(size_class, tells_where_slots_start_and_no_further_than_the_last) {
    for (const bin_traits& t : traits) {
        const std::uint64_t limit = t.limit_of(t.slots());
        for (std::size_t offset = 0; offset < t.span_bytes; ++offset) {
            ASSERT_EQ(bin_traits::starts_slot(offset, t.inverse, limit),
                      offset % t.slot == 0 && offset / t.slot < t.slots())
                << offset << " in slots of " << t.slot;
        }
    }
}

TEST(remainder, comes_back_as_it_was_written) {
    std::array<unsigned char, 4096> slot{};
    unsigned char* const end = slot.data() + slot.size();
    for (std::size_t r = 1; r <= slot.size(); ++r) {
        slot.fill(0xaa);
        write_remainder(end, r);
        ASSERT_EQ(read_remainder(end), r);
        const std::size_t asked = slot.size() - r;
        ASSERT_GE(usable(slot.size(), r), asked) << "what was asked for is the program's";
        for (std::size_t i = 0; i < usable(slot.size(), r); ++i) {
            ASSERT_EQ(slot[i], 0xaa) << r;
        }
    }
}

TEST(remainder, shows_a_byte_written_behind_the_block) {
    std::array<unsigned char, 64> slot{};
    write_remainder(slot.data() + slot.size(), 1);
    slot[63] = 0; // the classic: the zero behind a string
    EXPECT_EQ(read_remainder(slot.data() + slot.size()), 0);
}

} // namespace
