// What the standards and glibc's manual say of malloc and its family, asked of the linked library.
#include <ebb/ebb.h>

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" void free_sized(void*, std::size_t) noexcept;
extern "C" void free_aligned_sized(void*, std::size_t, std::size_t) noexcept;
extern "C" std::size_t nallocx(std::size_t, int) noexcept;

namespace {

// What the compiler can't see through, so that it keeps calls that the standard lets it drop.
template <class T>
T opaque(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

ebb_ledger ledger() {
    ebb_ledger l{};
    EXPECT_EQ(ebb_heap_ledger(&l, sizeof l), 0);
    return l;
}

bool aligned(const void* p, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

TEST(dropin_surface, answers_malloc_in_this_process) {
    for (void* f : {reinterpret_cast<void*>(&std::malloc), reinterpret_cast<void*>(&std::free),
                    dlsym(RTLD_DEFAULT, "calloc"), dlsym(RTLD_DEFAULT, "_Znwm"),
                    dlsym(RTLD_DEFAULT, "_ZdlPvSt11align_val_t")}) {
        Dl_info info{};
        ASSERT_NE(dladdr(f, &info), 0);
        EXPECT_NE(std::strstr(info.dli_fname, "libebbmalloc"), nullptr) << info.dli_fname;
    }
}

TEST(dropin_surface, gives_zero_bytes_an_address_of_their_own) {
    void* const a = std::malloc(opaque(std::size_t{0}));
    void* const b = std::malloc(opaque(std::size_t{0}));
    EXPECT_NE(a, nullptr);
    EXPECT_NE(a, b);
    std::free(a);
    std::free(b);
    EXPECT_EQ(std::realloc(std::malloc(10), opaque(std::size_t{0})), nullptr) << "as glibc: freed";
}

TEST(dropin_surface, refuses_what_overflows_with_enomem) {
    for (const std::size_t n : {std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} + 1, SIZE_MAX}) {
        errno = 0;
        EXPECT_EQ(std::malloc(opaque(n)), nullptr) << n;
        EXPECT_EQ(errno, ENOMEM);
    }
    errno = 0;
    EXPECT_EQ(std::calloc(opaque(SIZE_MAX / 2), 3), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
    EXPECT_EQ(reallocarray(nullptr, opaque(SIZE_MAX / 2), 3), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
    EXPECT_EQ(pvalloc(opaque(SIZE_MAX)), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_THROW(static_cast<void>(operator new(opaque(SIZE_MAX))), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(operator new (opaque(SIZE_MAX), std::align_val_t{64})),
                 std::bad_alloc);
    EXPECT_EQ(operator new(opaque(SIZE_MAX), std::nothrow), nullptr);
}

TEST(dropin_surface, leaves_errno_alone_on_success) {
    errno = 77;
    for (const std::size_t n :
         {std::size_t{1}, std::size_t{5000}, std::size_t{300'000}, std::size_t{20'000'000}}) {
        void* p = std::malloc(opaque(n));
        p = std::realloc(p, opaque(2 * n));
        std::free(p);
        std::free(std::calloc(opaque(n), 1));
    }
    malloc_trim(0);
    EXPECT_EQ(errno, 77);
}

TEST(dropin_surface, aligns_as_asked_and_refuses_bad_alignments) {
    for (std::size_t a = 1; a <= (std::size_t{1} << 24); a *= 2) {
        for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{100}, a, 3 * a}) {
            void* const p = memalign(a, opaque(n));
            ASSERT_TRUE(p != nullptr && aligned(p, a)) << a << " " << n;
            ASSERT_GE(malloc_usable_size(p), n);
            std::free(p);
        }
    }
    void* p = &p;
    EXPECT_EQ(posix_memalign(&p, 3, 10), EINVAL);
    EXPECT_EQ(posix_memalign(&p, 4, 10), EINVAL) << "no multiple of a pointer's size";
    EXPECT_EQ(posix_memalign(&p, 64, opaque(SIZE_MAX - 100)), ENOMEM);
    EXPECT_EQ(p, &p) << "untouched by a failure";
    EXPECT_EQ(posix_memalign(&p, 4096, 10), 0);
    EXPECT_TRUE(aligned(p, 4096));
    std::free(p);
    errno = 0;
    EXPECT_EQ(aligned_alloc(opaque(std::size_t{48}), 96), nullptr);
    EXPECT_EQ(errno, EINVAL);
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    p = valloc(10);
    EXPECT_TRUE(aligned(p, page));
    free_sized(p, 10);
    p = pvalloc(10);
    EXPECT_TRUE(aligned(p, page));
    EXPECT_GE(malloc_usable_size(p), page);
    free_aligned_sized(p, page, page);
}

// An alignment that is none, 0 among them, is refused as by the C++ runtime: no handler is asked.
TEST(dropin_surface, refuses_a_new_whose_alignment_is_none) {
    std::set_new_handler([] { ADD_FAILURE() << "asked"; });
    [[maybe_unused]] void* volatile block = nullptr;
    for (const std::size_t a : {std::size_t{0}, std::size_t{3}, std::size_t{24}, std::size_t{100},
                                std::size_t{4097}, (std::size_t{1} << 47) + 1}) {
        const std::align_val_t wrong{opaque(a)};
        EXPECT_THROW(block = ::operator new(10, wrong), std::bad_alloc) << a;
        EXPECT_THROW(block = ::operator new[](10, wrong), std::bad_alloc) << a;
        EXPECT_EQ(::operator new(10, wrong, std::nothrow), nullptr) << a;
        EXPECT_EQ(::operator new[](10, wrong, std::nothrow), nullptr) << a;
    }
    std::set_new_handler(nullptr);
}

TEST(dropin_surface, counts_whole_pages_as_what_was_asked_for) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{10}, page - 1, page,
                                page + 1, 5 * page - 7, 64 * page, 64 * page + 1, 200 * page + 9}) {
        const ebb_ledger before = ledger();
        void* const p = pvalloc(opaque(n));
        ASSERT_TRUE(p != nullptr && aligned(p, page)) << n;
        EXPECT_EQ(ledger().requested - before.requested, n);
        const std::size_t pages = (n + page - 1) / page * page;
        ASSERT_GE(malloc_usable_size(p), pages) << n;
        std::memset(p, 0xff, pages);
        std::free(p);
        EXPECT_EQ(ledger().requested, before.requested) << n;
        EXPECT_EQ(ledger().slack, before.slack) << n;
    }
}

TEST(dropin_surface, lets_the_program_use_what_usable_size_says) {
    const ebb_ledger before = ledger();
    for (std::size_t n = 0; n < 5000; n += 7) {
        void* const p = std::malloc(n);
        const std::size_t usable = malloc_usable_size(p);
        ASSERT_GE(usable, n);
        ASSERT_EQ(nallocx(n, 0), usable);
        std::memset(p, 0xff, usable);
        ASSERT_EQ(ledger().requested - before.requested, n) << "the count survives that";
        std::free(p);
    }
    EXPECT_EQ(malloc_usable_size(nullptr), 0U);
    EXPECT_EQ(nallocx(SIZE_MAX, 0), 0U);
}

TEST(dropin_surface, counts_every_form_of_new_and_delete_once) {
    const ebb_ledger before = ledger();
    struct alignas(128) wide {
        char bytes[300];
    };
    delete opaque(new int);
    delete[] opaque(new char[1001]);
    delete opaque(new wide);
    delete[] opaque(new wide[3]);
    operator delete(operator new(33, std::nothrow), std::nothrow);
    operator delete (operator new(33), std::size_t{33});
    operator delete[](operator new[](33, std::align_val_t{256}), std::size_t{33},
                      std::align_val_t{256});
    wide* const kept = opaque(new wide);
    const ebb_ledger after = ledger();
    EXPECT_EQ(after.allocations - before.allocations, 8U);
    EXPECT_EQ(after.frees - before.frees, 7U);
    EXPECT_EQ(after.requested - before.requested, sizeof(wide));
    delete kept;
}

TEST(dropin_surface, reads_the_ledger_by_the_callers_size) {
    EXPECT_EQ(ebb_heap_ledger(nullptr, sizeof(ebb_ledger)), EINVAL);
    std::uint64_t one = 0;
    EXPECT_EQ(ebb_heap_ledger(reinterpret_cast<ebb_ledger*>(&one), 4), EINVAL);
    EXPECT_EQ(ebb_heap_ledger(reinterpret_cast<ebb_ledger*>(&one), sizeof one), 0);
    EXPECT_EQ(one, ledger().requested);
    struct {
        ebb_ledger known;
        std::uint64_t newer;
    } wide{};
    EXPECT_EQ(ebb_heap_ledger(&wide.known, sizeof wide), 0);
    EXPECT_EQ(wide.newer, EBB_ABSENT);
    EXPECT_EQ(wide.known.mapped, wide.known.requested + wide.known.slack + wide.known.dead +
                                     wide.known.idle + wide.known.overhead);
}

TEST(dropin_surface, sums_its_classes_to_the_ledger) {
    void* const p = opaque(std::malloc(5'000'000));
    static ebb_heap_class classes[256];
    std::size_t count = 0;
    ASSERT_EQ(ebb_heap_classes(classes, sizeof classes[0], 256, &count), 0);
    const ebb_ledger l = ledger();
    ebb_heap_class sum{};
    for (std::size_t i = 0; i < count; ++i) {
        sum.blocks += classes[i].blocks;
        sum.requested += classes[i].requested;
        sum.slack += classes[i].slack;
    }
    EXPECT_EQ(sum.blocks, l.allocations - l.frees);
    EXPECT_EQ(sum.requested, l.requested);
    EXPECT_EQ(sum.slack, l.slack);
    EXPECT_EQ(classes[count - 1].slot, 0U);
    EXPECT_GE(classes[count - 1].requested, 5'000'000U);
    std::free(p);
}

TEST(dropin_surface, answers_glibcs_old_questions) {
    EXPECT_EQ(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
    const ebb_ledger l = ledger();
#if __GLIBC_PREREQ(2, 33)
    const struct mallinfo2 info = mallinfo2();
    EXPECT_EQ(info.uordblks, l.requested + l.slack);
    EXPECT_EQ(info.arena, l.mapped);
#endif
    char* text = nullptr;
    std::size_t length = 0;
    FILE* const out = open_memstream(&text, &length);
    EXPECT_EQ(malloc_info(0, out), 0);
    EXPECT_EQ(malloc_info(1, out), EINVAL);
    std::fclose(out);
    EXPECT_NE(std::strstr(text, "<ledger mapped="), nullptr);
    std::free(text);
}

} // namespace
