// A directory of more segments than a test's memory holds: the numbers that a map of 2^32 entries
// and more comes to. Its growing blocks are addresses over one stretch of memory, mapped again and
// again: what is written is lost, what is asked for is checked.
#include <ebb/alloc/base/bytes.h>
#include <ebb/maps/hash/directory.h>
#include <ebb/maps/hash/segment.h>

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <new>
#include <type_traits>

namespace {

using namespace ebb::detail;
using ebb::kib;
using ebb::mib;

/// Memory whose blocks are where they say, and of the class that they were allocated with.
class book {
  public:
    static constexpr bool grows_in_place = true;

    book() : stretch_(::memfd_create("ebb_test", 0)) {
        EXPECT_EQ(::ftruncate(stretch_, stretch_bytes), 0);
    }
    book(const book&) = delete;
    book& operator=(const book&) = delete;
    ~book() {
        EXPECT_TRUE(blocks_.empty());
        ::close(stretch_);
    }

    template <std::size_t Alignment>
    void* allocate(std::size_t bytes) {
        void* const p = ::operator new(bytes, std::align_val_t(Alignment));
        blocks_[p] = {bytes, 0};
        return p;
    }
    template <std::size_t Alignment>
    void deallocate(void* p, std::size_t bytes) noexcept {
        end(p, {bytes, 0});
        ::operator delete(p, std::align_val_t(Alignment));
    }
    [[nodiscard]] book& growing() noexcept { return *this; }
    void* allocate_growing(std::size_t bytes, std::size_t largest) {
        auto* const p = static_cast<std::byte*>(::mmap(
            nullptr, largest, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        EXPECT_NE(p, MAP_FAILED);
        for (std::size_t at = 0; at < largest; at += stretch_bytes) {
            EXPECT_EQ(::mmap(p + at, stretch_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                             stretch_, 0),
                      p + at);
        }
        blocks_[p] = {bytes, largest};
        return p;
    }
    void deallocate_growing(void* p, std::size_t bytes, std::size_t largest) noexcept {
        end(p, {bytes, largest});
        ::munmap(p, largest);
    }
    bool resize(void* p, std::size_t bytes, std::size_t new_bytes, std::size_t largest) noexcept {
        const auto at = blocks_.find(p);
        EXPECT_TRUE(at != blocks_.end() && at->second == (block{bytes, largest}));
        if (new_bytes > largest) {
            return false;
        }
        at->second.bytes = new_bytes;
        return true;
    }
    /// Bytes of the one block there is, 0 if there is none.
    [[nodiscard]] std::size_t asked() const {
        EXPECT_LE(blocks_.size(), 1U);
        return blocks_.empty() ? 0 : blocks_.begin()->second.bytes;
    }

  private:
    struct block {
        std::size_t bytes;
        std::size_t largest;
        friend bool operator==(const block&, const block&) = default;
    };
    static constexpr off_t stretch_bytes = 64 * mib;

    void end(void* p, const block& expected) noexcept {
        const auto at = blocks_.find(p);
        EXPECT_TRUE(at != blocks_.end() && at->second == expected);
        blocks_.erase(p);
    }

    int stretch_;
    std::map<void*, block> blocks_;
};

/// As large as a page, so that the sizes come early.
struct page_segment {
    std::array<std::uint64_t, 512> words;
};

TEST(directory, grows_to_any_size_by_a_page_at_a_time) {
    book memory;
    directory<page_segment, book> d;
    std::size_t moves = 0;
    const page_segment* at = &d[0];
    for (std::size_t n = 1; n < 60'000; ++n) { // 234 MiB: below the largest block
        d.make_room(memory);
        moves += &d[0] != at;
        at = &d[0];
        d.push(page_segment());
        ASSERT_EQ(d.size(), n + 1);
        ASSERT_EQ(d.bytes(), memory.asked());
        if (d.bytes() > 128 * kib) {
            ASSERT_LE(d.bytes(), d.size() * sizeof(page_segment) + 4096);
        }
    }
    EXPECT_LT(moves, 8U); // while it doubled; then never
    while (d.size() > 1) {
        d.pop(memory);
        ASSERT_EQ(d.bytes(), memory.asked());
        ASSERT_LE(d.bytes(), std::max<std::size_t>(4 * d.size(), 4) * sizeof(page_segment) + 4096);
    }
    d.release(memory);
}

TEST(directory, goes_on_beyond_the_addresses_of_its_first_block) {
    book memory;
    directory<page_segment, book> d;
    for (std::size_t n = 1; n < 70'000; ++n) { // 256 MiB are 65,536
        d.make_room(memory);
        d.push(page_segment());
        ASSERT_EQ(d.bytes(), memory.asked());
    }
    EXPECT_GT(d.bytes(), 256 * mib);
    while (d.size() > 1) {
        d.pop(memory);
        ASSERT_EQ(d.bytes(), memory.asked());
    }
    d.release(memory);
    EXPECT_EQ(memory.asked(), 0U);
}

// Entries beyond 2^32, by type: what counts a map's elements, segments and bytes has 64 bits; what
// has fewer counts within one segment.
template <class Layout>
constexpr void fits() {
    static_assert(
        std::is_same_v<decltype(std::declval<directory<typename Layout::segment, book>>().size()),
                       std::size_t>);
    // A segment fills to twice its share before it splits, and by chance a little more.
    static_assert(Layout::per_segment * 4 <=
                  std::numeric_limits<decltype(Layout::segment::count)>::max());
    // The lower half of a hash names segments, the upper half groups: 2^32 segments of them.
    static_assert(std::uint64_t{1} << 32 <= (std::uint64_t{1} << 32) * Layout::per_segment);
    static_assert(Layout::per_segment >= 16);
}
template <std::size_t Bytes>
using bytes = std::array<char, Bytes>;

TEST(directory, counts_that_can_pass_32_bits_have_64) {
    fits<slot_layout<bytes<1>>>();
    fits<slot_layout<bytes<8>>>();
    fits<slot_layout<bytes<32>>>();
    fits<array_layout<bytes<40>>>();
    fits<array_layout<bytes<136>>>();
    fits<array_layout<bytes<4096>>>();
    // Twice the share and a thirteenth for chance: what has more is a crowd.
    using array = array_layout<bytes<40>>;
    static_assert(array::per_segment * 28 <= array::most * 13);
    // A home is within its segment for every hash: no product of the two passes 64 bits.
    for (const std::uint32_t groups : {1U, 7U, 0xffffU, 0xffff'ffffU}) {
        EXPECT_EQ(home_group(~std::uint64_t{0}, groups), groups - 1);
        EXPECT_EQ(home_group(0, groups), 0U);
    }
}

} // namespace
