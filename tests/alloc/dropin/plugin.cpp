// A C++ library that asks for more than there is, in every form, for plain_host.cpp.
#include <cstdio>
#include <new>
#include <thread>

namespace {

int asked = 0;

void give_up() {
    ++asked;
    std::set_new_handler(nullptr);
}

void throw_something() {
    ++asked;
    throw 17;
}

// More than any process can address; the compiler doesn't know the number.
std::size_t too_much() {
    std::size_t n = std::size_t{1} << 56;
    asm volatile("" : "+r"(n));
    return n;
}

int wrong = 0;

template <class F>
void expect_bad_alloc(const char* form, F&& allocate) {
    std::set_new_handler(give_up);
    const int before = asked;
    try {
        static_cast<void>(allocate());
        std::printf("%s gave a block\n", form);
        wrong = 1;
    } catch (const std::bad_alloc&) {
        if (asked != before + 1) {
            std::printf("%s didn't ask the handler\n", form);
            wrong = 1;
        }
    }
}

template <class F>
void expect_null(const char* form, F&& allocate) {
    const int before = asked;
    std::set_new_handler(throw_something);
    if (allocate() != nullptr || asked != before + 1) {
        std::printf("%s: a handler that throws was asked %d times\n", form, asked - before);
        wrong = 1;
    }
    std::set_new_handler(nullptr);
}

constexpr std::align_val_t aligned{128};

// While a library loads, the dynamic linker holds a lock, and a constructor may wait for a thread:
// nothing that this thread allocates may need the lock.
void use_the_operators() {
    operator delete(operator new(1000, aligned), aligned);
    operator delete(operator new(1000, std::nothrow));
// Before glibc 2.35 whatever throws for the first time needs that lock (BZ 28357), and with libc++
// it does because libunwind looks a name up.
#if __GLIBC_PREREQ(2, 35) && !defined(_LIBCPP_VERSION)
    static_cast<void>(operator new(too_much(), std::nothrow));
    static_cast<void>(operator new(too_much(), aligned, std::nothrow));
#endif
}
[[maybe_unused]] const bool has_waited = [] {
    std::thread(use_the_operators).join();
    return true;
}();

} // namespace

extern "C" __attribute__((visibility("default"))) int run_out_of_memory() {
    expect_bad_alloc("new", [] { return operator new(too_much()); });
    expect_bad_alloc("new[]", [] { return operator new[](too_much()); });
    expect_bad_alloc("aligned new", [] { return operator new(too_much(), aligned); });
    expect_bad_alloc("aligned new[]", [] { return operator new[](too_much(), aligned); });
    expect_null("new(nothrow)", [] { return operator new(too_much(), std::nothrow); });
    expect_null("new[](nothrow)", [] { return operator new[](too_much(), std::nothrow); });
    expect_null("aligned new(nothrow)",
                [] { return operator new(too_much(), aligned, std::nothrow); });
    expect_null("aligned new[](nothrow)",
                [] { return operator new[](too_much(), aligned, std::nothrow); });
    operator delete(operator new(10)); // and goes on
    return wrong;
}
