#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/mappings.h>
#include <tests/support/random.h>
#include <tests/support/refuse.h>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <initializer_list>
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

TEST(pages, what_surrounds_an_aligned_mapping_is_not_kept) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory of its own beside";
    }
    const std::size_t page = os::page_size();
    const std::size_t before = tests::statm(0);
    std::vector<void*> all(20);
    for (void*& p : all) {
        p = os::map(page, ebb::mib);
        ASSERT_NE(p, nullptr);
    }
    EXPECT_EQ(tests::statm(0), before + all.size());
    for (void* const p : all) {
        os::unmap(p, page);
    }
    EXPECT_EQ(tests::statm(0), before);
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

// Around the number of pages up to which they are taken out of the processor's tables one by one.
TEST(pages, released_pages_at_an_end_leave_and_what_lies_beyond_it_stays) {
    const std::size_t page = os::page_size();
    constexpr std::size_t all = 100;
    auto* const p = static_cast<char*>(os::map(all * page, page));
    ASSERT_NE(p, nullptr);
    for (const std::size_t count : {1U, 4U, 5U, 6U, 20U, 33U, 34U, 35U, 60U}) {
        for (const std::size_t unused : {0U, 1U, 10U, 29U, 30U, 31U, 39U}) { // pages before the end
            std::memset(p, 1, all * page);
            std::memset(p + (count + 1) * page, 0, unused * page);
            os::release(p + (count + 1) * page, unused * page);
            char* const end = p + (1 + count + unused) * page;
            os::release_end(p + page, count * page, end);
            EXPECT_EQ(os::resident(p + page, (count + unused) * page), 0U)
                << count << " " << unused;
            EXPECT_TRUE(std::all_of(p, p + page, [](char c) { return c == 1; }));
            EXPECT_TRUE(std::all_of(p + page, end, [](char c) { return c == 0; }));
            EXPECT_TRUE(std::all_of(end, p + all * page, [](char c) { return c == 1; }))
                << count << " " << unused;
        }
    }
    os::unmap(p, all * page);
}

// Every second page of some, written, and then released.
bool can_release(std::size_t count) {
    const std::size_t page = os::page_size();
    const std::size_t bytes = 2 * count * page;
    auto* const p = static_cast<std::byte*>(os::map_as_is(bytes, page));
    os::keep_small(p, bytes);
    std::fill_n(p, bytes, std::byte{1});
    std::vector<ebb::byte_range> ranges;
    for (std::size_t n = 0; n < count; ++n) {
        ranges.push_back({p + 2 * n * page, page});
    }
    errno = 77;
    os::release_all(ranges.data(), ranges.size());
    bool right = errno == 77;
    for (std::size_t n = 0; n < 2 * count; ++n) {
        const auto expected = n % 2 == 0 ? std::byte{0} : std::byte{1};
        right = right && p[n * page] == expected && p[n * page + page - 1] == expected;
    }
    os::unmap(p, bytes);
    return right;
}

TEST(pages, many_released_ranges_leave_and_read_as_zeroes) {
    const std::size_t page = os::page_size();
    constexpr std::size_t count = 3000; // more than one call's worth
    auto* const p = static_cast<std::byte*>(os::map_as_is(2 * count * page, page));
    ASSERT_NE(p, nullptr);
    os::keep_small(p, 2 * count * page);
    std::fill_n(p, 2 * count * page, std::byte{1});
    std::vector<ebb::byte_range> ranges;
    for (std::size_t n = 0; n < count; ++n) {
        ranges.push_back({p + 2 * n * page, page});
    }
    os::release_all(ranges.data(), ranges.size());
    EXPECT_EQ(os::resident(p, 2 * count * page), count * page);
    os::unmap(p, 2 * count * page);
    for (const std::size_t few : {0U, 1U, 2U, 1024U, 1025U}) {
        EXPECT_TRUE(can_release(few)) << few;
    }
}

TEST(pages, released_pages_that_are_locked_leave) {
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map_as_is(8 * page, page));
    ASSERT_NE(p, nullptr);
    std::fill_n(p, 8 * page, std::byte{1});
    if (mlock(p, 8 * page) != 0) {
        GTEST_SKIP() << "no memory may be locked here";
    }
    os::release(p, page);
    const ebb::byte_range two[] = {{p + 2 * page, page}, {p + 4 * page, 2 * page}};
    os::release_all(two, 2);
    const std::size_t held = resident_by_page(p, 8 * page);
    EXPECT_TRUE(held == 4 * page || held == 8 * page) << held; // all before Linux 5.18
    for (const std::size_t n : {0U, 2U, 4U, 5U}) {
        EXPECT_EQ(p[n * page], std::byte{0}) << n;
    }
    os::unmap(p, 8 * page);
}

// What `f` says in a child in which these system calls are refused.
template <class F>
void expect_without(std::initializer_list<unsigned> calls, F&& f) {
    constexpr int not_here = 3;
    for (const int error : {EPERM, ENOSYS, EINVAL, ENOMEM, EBADF}) {
        SCOPED_TRACE(error);
        const int status = tests::status_of_child([&] {
            for (const unsigned call : calls) {
                if (!tests::refuse(call, static_cast<unsigned>(error))) {
                    _exit(not_here);
                }
            }
            return f();
        });
        if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
            GTEST_SKIP() << "no seccomp here";
        }
        EXPECT_EQ(status, 0);
    }
}

constexpr unsigned process_madvise = 440;

TEST(pages, ranges_are_released_where_advice_on_many_is_refused) {
    expect_without({process_madvise}, [] { return can_release(100) && can_release(100); });
    expect_without({process_madvise, SYS_madvise}, [] { return can_release(20); });
}

TEST(pages, untouched_pages_are_no_memory_and_as_aligned_as_asked) {
    const std::size_t page = os::page_size();
    for (std::size_t alignment = page; alignment <= 4 * ebb::mib; alignment *= 4) {
        auto* const p = static_cast<std::byte*>(os::map_untouched(5 * page, alignment));
        ASSERT_NE(p, nullptr);
        EXPECT_TRUE(ebb::is_aligned(p, alignment));
        EXPECT_EQ(os::resident(p, 5 * page), 0U);
        EXPECT_EQ(p[page], std::byte{0});
        p[4 * page] = std::byte{1};
        EXPECT_LE(os::resident(p, 5 * page), 2 * page);
        os::unmap(p, 5 * page);
    }
    EXPECT_EQ(os::map_untouched(std::numeric_limits<std::size_t>::max() / 2 + 1 - page, page),
              nullptr);
}

// True where pages of such a mapping come by being touched, whatever was locked before.
bool comes_by_touch(std::size_t pages) {
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map_untouched(pages * page, page));
    bool right = p != nullptr && os::resident(p, pages * page) <= page;
    for (std::size_t n = 1; n < pages && right; n += 10) {
        p[n * page] = std::byte{1};
    }
    right = right && os::resident(p, pages * page) <= (pages / 10 + 1) * page;
    os::release(p, pages * page);
    right = right && p[page] == std::byte{0};
    os::unmap(p, pages * page);
    return right;
}

// In a child that has locked all that is to come.
template <class F>
void expect_locked(F&& f) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer locks nothing";
    }
    constexpr int not_here = 3;
    const int status = tests::status_of_child([&] {
        if (::mlockall(MCL_FUTURE) != 0) {
            _exit(not_here);
        }
        return f();
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no memory may be locked here";
    }
    EXPECT_EQ(status, 0);
}

TEST(pages, untouched_pages_are_no_memory_after_all_to_come_was_locked) {
    expect_locked([] { return comes_by_touch(1000); });
}

TEST(pages, what_is_used_of_untouched_pages_is_locked_and_no_more) {
    expect_locked([] {
        const std::size_t page = os::page_size();
        const std::size_t before = tests::locked_bytes();
        auto* const p = static_cast<std::byte*>(os::map_untouched(100 * page, page));
        bool right = tests::locked_bytes() == before;
        os::lock_if_asked(p, 10 * page);
        right = right && tests::locked_bytes() == before + 10 * page &&
                os::resident(p, 100 * page) <= page;
        p[9 * page] = std::byte{1};
        os::release(p, 10 * page);
        os::unlock_if_asked(p, 100 * page);
        return right && tests::locked_bytes() == before && p[9 * page] == std::byte{0};
    });
    // Where nothing was locked nothing is.
    const std::size_t page = os::page_size();
    auto* const p = static_cast<std::byte*>(os::map_untouched(4 * page, page));
    const std::size_t before = tests::locked_bytes();
    os::lock_if_asked(p, 4 * page);
    EXPECT_EQ(tests::locked_bytes(), before);
    os::unmap(p, 4 * page);
}

TEST(pages, untouched_pages_come_where_what_looks_after_them_is_refused) {
    expect_without({SYS_mincore}, [] {
        auto* const p = static_cast<std::byte*>(os::map_untouched(ebb::mib, os::page_size()));
        return p != nullptr && p[ebb::mib - 1] == std::byte{0};
    });
    expect_without({SYS_mlock2}, [] { return comes_by_touch(100); });
    expect_without({SYS_munlock}, [] { return comes_by_touch(100); });
    expect_without({SYS_madvise}, [] { return comes_by_touch(100); });
    expect_without({SYS_mprotect},
                   [] { return os::map_untouched(ebb::mib, os::page_size()) == nullptr; });
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
