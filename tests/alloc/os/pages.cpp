#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <vector>

namespace {

namespace os = ebb::os;

// Beside os::resident: one mincore for each page.
std::size_t resident_by_page(const void* pages, std::size_t bytes) {
    const std::size_t page = os::page_size();
    std::size_t count = 0;
    for (std::size_t at = 0; at < bytes; at += page) {
        unsigned char in_core = 0;
        EXPECT_EQ(::mincore(ebb::advance(const_cast<void*>(pages), at), page, &in_core), 0);
        count += (in_core & 1U) != 0 ? 1 : 0;
    }
    return count * page;
}

TEST(pages, page_size_is_the_systems) {
    EXPECT_EQ(os::page_size(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

TEST(pages, mapped_pages_are_zeroed_and_aligned_as_asked) {
    const std::size_t page = os::page_size();
    for (std::size_t alignment = page; alignment <= 64 * ebb::mib; alignment *= 4) {
        auto* const p = static_cast<std::byte*>(os::map(3 * page, alignment));
        ASSERT_NE(p, nullptr);
        EXPECT_TRUE(ebb::is_aligned(p, alignment));
        EXPECT_TRUE(std::all_of(p, p + 3 * page, [](std::byte b) { return b == std::byte{0}; }));
        p[3 * page - 1] = std::byte{1};
        os::unmap(p, 3 * page);
    }
}

// Pages of address space that the process has (the first field of statm).
std::size_t mapped_pages() {
    char text[64] = {};
    const int file = ::open("/proc/self/statm", O_RDONLY);
    EXPECT_GT(::read(file, text, sizeof text - 1), 0);
    ::close(file);
    return std::strtoull(text, nullptr, 10);
}

TEST(pages, what_surrounds_an_aligned_mapping_is_not_kept) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory of its own beside";
    }
    const std::size_t page = os::page_size();
    const std::size_t before = mapped_pages();
    std::vector<void*> all(20);
    for (void*& p : all) {
        p = os::map(page, ebb::mib);
        ASSERT_NE(p, nullptr);
    }
    EXPECT_EQ(mapped_pages(), before + all.size());
    for (void* const p : all) {
        os::unmap(p, page);
    }
    EXPECT_EQ(mapped_pages(), before);
}

TEST(pages, resident_is_what_was_touched) {
    const std::size_t page = os::page_size();
    const std::size_t count = 5000; // more than one call's worth
    auto* const p = static_cast<std::byte*>(os::map(count * page, page));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(os::resident(p, count * page), resident_by_page(p, count * page));
    for (std::size_t i = 0; i < count; i += 7) {
        p[i * page] = std::byte{1};
    }
    const std::size_t truth = resident_by_page(p, count * page);
    EXPECT_GE(truth, (count + 6) / 7 * page);
    EXPECT_EQ(os::resident(p, count * page), truth);
    // A range that starts and ends within pages counts those whole.
    EXPECT_EQ(os::resident(p + 1, 2), page);
    EXPECT_EQ(os::resident(p, 7 * page + 1), resident_by_page(p, 8 * page));
    os::unmap(p, count * page);
}

TEST(pages, populated_pages_are_resident_and_zeroed) {
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map_as_is(16 * page, page));
    ASSERT_NE(p, nullptr);
    os::keep_small(p, 16 * page);
    errno = 7;
    os::populate(p + 2 * page, 5 * page);
    EXPECT_EQ(errno, 7);
    const std::size_t held = os::resident(p, 16 * page);
    EXPECT_TRUE(held == 0 || held == 5 * page) << held; // 0 before Linux 5.14
    EXPECT_EQ(p[2 * page], std::byte{0});
    os::unmap(p, 16 * page);
}

TEST(pages, released_pages_leave_and_read_as_zeroes) {
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map(16 * page, page));
    ASSERT_NE(p, nullptr);
    std::fill_n(p, 16 * page, std::byte{1});
    EXPECT_EQ(os::resident(p, 16 * page), 16 * page);
    os::release(p + 4 * page, 8 * page);
    EXPECT_EQ(os::resident(p, 16 * page), 8 * page);
    EXPECT_EQ(p[4 * page], std::byte{0});
    EXPECT_EQ(p[3 * page], std::byte{1});
    EXPECT_EQ(p[12 * page], std::byte{1});
    os::unmap(p, 16 * page);
}

TEST(pages, released_pages_that_are_locked_stay_and_read_as_zeroes) {
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map(4 * page, page));
    ASSERT_NE(p, nullptr);
    std::fill_n(p, 4 * page, std::byte{1});
    if (mlock(p + page, page) != 0) {
        GTEST_SKIP() << "no memory may be locked here";
    }
    errno = 77;
    os::release(p, 4 * page);
    EXPECT_EQ(errno, 77);
    EXPECT_TRUE(std::all_of(p, p + 4 * page, [](std::byte b) { return b == std::byte{0}; }));
    EXPECT_GE(os::resident(p + page, page), page);
    os::unmap(p, 4 * page);
}

TEST(pages, reserved_pages_hold_nothing_until_committed) {
    const std::size_t bytes = 64 * ebb::mib;
    auto* const p = static_cast<std::byte*>(os::reserve(bytes, ebb::mib));
    ASSERT_NE(p, nullptr);
    EXPECT_TRUE(ebb::is_aligned(p, ebb::mib));
    EXPECT_EQ(os::resident(p, bytes), 0U);
    ASSERT_TRUE(os::commit(p + ebb::mib, os::page_size()));
    p[ebb::mib] = std::byte{1};
    EXPECT_EQ(os::resident(p, bytes), os::page_size());
    os::unmap(p, bytes);
}

TEST(pages, what_cannot_be_mapped_is_null_with_enomem) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t bytes : {std::size_t{0}, most - 4095, most / 2 + 1 - 4096}) {
        errno = 0;
        EXPECT_EQ(os::map(bytes, os::page_size()), nullptr) << bytes;
        EXPECT_EQ(errno, ENOMEM);
        EXPECT_EQ(os::map(bytes, ebb::mib), nullptr) << bytes;
    }
}

using pages_death = ::testing::Test;

TEST(pages_death, a_pointer_that_is_no_page_stops_the_program) {
    int on_the_stack = 0;
    EXPECT_DEATH(os::unmap(&on_the_stack, os::page_size()), "not a mapping of ours");
    EXPECT_DEATH(os::release(&on_the_stack, os::page_size()), "not a mapping of ours");
}

} // namespace
