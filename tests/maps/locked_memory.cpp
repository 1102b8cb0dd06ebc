// No memory before it is used where the process has locked all that is to come. A program of its
// own: what other tests leave in the malloc would serve the standard's maps.
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>
#include <tests/maps/filled.h>
#include <tests/support/forked.h>
#include <tests/support/mappings.h>
#include <tests/support/random.h>

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace tests;

template <std::size_t Bytes>
using standard = std::unordered_map<std::uint64_t, value<Bytes>>;

// Bytes that some maps take in a child that has locked all that is to come: in memory, and of its
// limit for locked memory. None where it may not do that.
struct taken {
    std::size_t resident = 0;
    std::size_t locked = 0;
};
template <class Map>
taken taken_by(int lock, std::size_t count, std::uint64_t each) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    status_of_child([&] {
        taken all_of_it;
        if (::mlockall(lock) == 0) {
            static_cast<void>(statm(1));
            const taken before{statm(1) * ebb::os::page_size(), locked_bytes()};
            std::vector<std::unique_ptr<Map>> all(count);
            for (auto& m : all) {
                m = std::make_unique<Map>();
                fill(*m, 0, each);
            }
            all_of_it = {statm(1) * ebb::os::page_size() - before.resident,
                         locked_bytes() - before.locked};
        }
        return ::write(ends[1], &all_of_it, sizeof all_of_it) == sizeof all_of_it;
    });
    taken told;
    EXPECT_EQ(::read(ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
    ::close(ends[0]);
    ::close(ends[1]);
    return told;
}

template <template <std::size_t> class Map, std::size_t Bytes>
void expect_like_std(std::size_t count, std::uint64_t each) {
    SCOPED_TRACE(std::to_string(count) + " maps of " + std::to_string(each) + " values of " +
                 std::to_string(Bytes));
    for (const int lock : {MCL_FUTURE, MCL_CURRENT | MCL_FUTURE}) {
        SCOPED_TRACE(lock);
        const taken its = taken_by<standard<Bytes>>(lock, count, each);
        const taken mine = taken_by<Map<Bytes>>(lock, count, each);
        if (its.resident == 0) {
            GTEST_SKIP() << "no memory may be locked here";
        }
        EXPECT_LE(mine.resident, its.resident + its.resident / 4);
        EXPECT_LE(mine.locked, its.locked + its.locked / 4);
        EXPECT_GE(mine.locked + 2 * ebb::mib, mine.resident); // what it uses is locked, as it asked
    }
}

TEST(locked_memory, a_map_takes_what_it_uses) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer's own memory is locked as well";
    }
    expect_like_std<flat, 8>(1, 100'000);
    expect_like_std<node, 8>(1, 100'000);
    expect_like_std<flat, 128>(1, 100'000);
    expect_like_std<node, 128>(1, 100'000);
    expect_like_std<flat, 8>(30, 5'000);
    expect_like_std<node, 8>(30, 5'000);
    expect_like_std<node, 128>(30, 2'000);
}

} // namespace
