#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/os/pages.h>
#include <ebb/alloc/os/process.h>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cstring>

using namespace ebb;

TEST(process, resident_follows_pages_that_are_touched_and_released) {
    constexpr std::size_t bytes = 64 * mib;
    const auto before = os::anonymous_resident_bytes();
    ASSERT_TRUE(before);
    void* const pages = os::map(bytes, os::page_size());
    ASSERT_NE(pages, nullptr);
    const auto untouched = os::anonymous_resident_bytes();
    std::memset(pages, 1, bytes);
    const auto touched = os::anonymous_resident_bytes();
    os::release(pages, bytes);
    const auto released = os::anonymous_resident_bytes();
    os::unmap(pages, bytes);
    // Under a sanitizer its shadow is touched with the pages; and the process has other pages, of
    // which a few may come or go between two readings.
    constexpr std::size_t others = mib;
    EXPECT_LT(*untouched, *before + bytes / 2);
    EXPECT_GE(*touched + others, *untouched + bytes);
    EXPECT_LE(*released, *touched - bytes + others);
}

TEST(process, peak_stays_until_it_is_forgotten) {
    constexpr std::size_t bytes = 64 * mib;
    // The kernel's counter of pages is behind by a few.
    constexpr std::size_t others = 2 * mib;
    if (!os::forget_peak_resident()) {
        GTEST_SKIP() << "no peak to forget here";
    }
    const auto before = os::peak_resident_bytes();
    ASSERT_TRUE(before);
    void* const pages = os::map(bytes, os::page_size());
    ASSERT_NE(pages, nullptr);
    std::memset(pages, 1, bytes);
    os::unmap(pages, bytes);
    EXPECT_GE(*os::peak_resident_bytes() + others, *before + bytes);
    ASSERT_TRUE(os::forget_peak_resident());
    EXPECT_LT(*os::peak_resident_bytes(), *before + bytes / 2);
}

TEST(process, available_is_within_an_address_space_limit) {
    if (ebb::sanitized) {
        GTEST_SKIP() << "sanitizers reserve more address space than any such limit";
    }
    const auto without = os::available_bytes();
    ASSERT_TRUE(without);
    EXPECT_GT(*without, 0u);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 4 * gib;
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
    const auto within = os::available_bytes();
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
    EXPECT_LT(*within, 4 * gib);
    EXPECT_GT(*within, 0u);
}
