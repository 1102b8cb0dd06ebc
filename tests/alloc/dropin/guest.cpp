// Somebody else's functions under libc's names: libraries for testing, tracing and faking the clock
// stand in for mmap, madvise or clock_gettime, take locks there and allocate. None of them may run
// inside of malloc. Here the program itself has such functions; they come before libc's.
#include <ebb/ebb.h>

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace {

// While this is set, each call of one of the functions below is noted.
std::atomic<bool> is_watched{false};
std::atomic<int> calls{0};
std::atomic<const char*> last{""};

void note(const char* name) {
    if (is_watched) {
        ++calls;
        last = name;
    }
}

template <class... Words>
long ask(const char* name, long number, Words... words) {
    note(name);
    return ::syscall(number, words...);
}

} // namespace

#define EBB_EXPORTED extern "C" __attribute__((visibility("default")))

EBB_EXPORTED void* mmap(void* at, std::size_t bytes, int protection, int flags, int file,
                        off_t offset) noexcept {
    return reinterpret_cast<void*>(
        ask("mmap", SYS_mmap, at, bytes, protection, flags, file, offset));
}
EBB_EXPORTED int munmap(void* at, std::size_t bytes) noexcept {
    return static_cast<int>(ask("munmap", SYS_munmap, at, bytes));
}
EBB_EXPORTED int mprotect(void* at, std::size_t bytes, int protection) noexcept {
    return static_cast<int>(ask("mprotect", SYS_mprotect, at, bytes, protection));
}
EBB_EXPORTED int madvise(void* at, std::size_t bytes, int advice) noexcept {
    return static_cast<int>(ask("madvise", SYS_madvise, at, bytes, advice));
}
EBB_EXPORTED int mincore(void* at, std::size_t bytes, unsigned char* out) noexcept {
    return static_cast<int>(ask("mincore", SYS_mincore, at, bytes, out));
}
EBB_EXPORTED int prctl(int what, ...) noexcept {
    va_list words;
    va_start(words, what);
    long word[4];
    for (long& w : word) {
        w = va_arg(words, long);
    }
    va_end(words);
    return static_cast<int>(ask("prctl", SYS_prctl, what, word[0], word[1], word[2], word[3]));
}
EBB_EXPORTED int clock_gettime(clockid_t which, timespec* now) noexcept {
    return static_cast<int>(ask("clock_gettime", SYS_clock_gettime, which, now));
}
EBB_EXPORTED ssize_t getrandom(void* out, std::size_t bytes, unsigned flags) {
    return ask("getrandom", SYS_getrandom, out, bytes, flags);
}
EBB_EXPORTED int sched_yield() noexcept {
    return static_cast<int>(ask("sched_yield", SYS_sched_yield));
}

namespace {

// Blocks of all sizes come, move and go; pages go back to the system.
void use_the_heap() {
    constexpr std::size_t count = 1200;
    static void* blocks[count];
    for (std::size_t i = 0; i < count; ++i) {
        blocks[i] = std::malloc(i * i);
    }
    for (std::size_t i = 0; i < count; i += 3) {
        blocks[i] = std::realloc(blocks[i], i * i + i + 1);
    }
    for (void* const p : blocks) {
        std::free(p);
    }
    std::free(std::calloc(1, std::size_t{100} << 20));
    std::free(memalign(std::size_t{8} << 20, 1000));
    malloc_trim(0);
}

TEST(dropin_guest, runs_no_function_that_somebody_stands_in_for) {
    ebb_ledger l{};
    ebb_resident r{};
    calls = 0;
    is_watched = true;
    use_the_heap();
    const int status = ebb_heap_ledger(&l, sizeof l) + ebb_heap_resident(&r, sizeof r);
    use_the_heap();
    is_watched = false;
    EXPECT_EQ(calls, 0) << last << "() was called from inside of malloc";
    EXPECT_EQ(status, 0);
    EXPECT_GT(l.allocations, 1200U);
}

// The look-out works: it would have seen such a call.
TEST(dropin_guest, would_be_seen_to_call_one) {
    calls = 0;
    is_watched = true;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    is_watched = false;
    EXPECT_EQ(calls, 1);
    EXPECT_STREQ(last, "clock_gettime");
}

} // namespace
