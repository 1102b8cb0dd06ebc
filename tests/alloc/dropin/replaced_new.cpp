// A program that replaces a few operators of new and delete and counts on the standard for the
// others: each other form must come to these, whichever library answers malloc. A header before
// each block shows whose it is. Ends with 0, or says what was wrong.
//
// REPLACED: 1 the ordinary pair, 2 the array pair, 3 the aligned pair.
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t header = 64;
constexpr unsigned char mine = 'H';
long live = 0;
bool is_short_of_memory = false;

void* give(std::size_t n, std::size_t alignment) {
    if (is_short_of_memory) {
        throw std::bad_alloc();
    }
    auto* const p = static_cast<unsigned char*>(
        std::aligned_alloc(alignment, (n + header + alignment - 1) / alignment * alignment));
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    ++live;
    p[0] = mine;
    return p + header;
}

void take(void* p) noexcept {
    if (p == nullptr) {
        return;
    }
    auto* const start = static_cast<unsigned char*>(p) - header;
    if (start[0] != mine) {
        std::puts("a delete of what the program's own new didn't give");
        std::_Exit(1);
    }
    start[0] = 0;
    --live;
    std::free(start);
}

// What the compiler can't see through, so that it drops no pair of new and delete.
template <class T>
T* opaque(T* p) {
    asm volatile("" : "+r"(p));
    return p;
}

struct node {
    ~node() { asm volatile(""); } // the array form then says a size
    long a[5];
};
struct alignas(64) wide {
    ~wide() { asm volatile(""); }
    long a[8];
};

int wrong = 0;

// What `make` gives comes from the program's own new, or from the library's, as `is_own` says.
template <class Make, class Drop>
void expect(bool is_own, const char* form, Make&& make, Drop&& drop) {
    const long before = live;
    auto* const p = opaque(make());
    if ((live == before + 1) != is_own || p == nullptr) {
        std::printf("%s: live went from %ld to %ld\n", form, before, live);
        wrong = 1;
    }
    drop(p);
    if (live != before) {
        std::printf("%s: %ld left\n", form, live - before);
        wrong = 1;
    }
}

} // namespace

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsized-deallocation" // that they are missing is the point
#endif

#if REPLACED == 1
void* operator new(std::size_t n) {
    return give(n, header);
}
void operator delete(void* p) noexcept {
    take(p);
}
#elif REPLACED == 2
void* operator new[](std::size_t n) {
    return give(n, header);
}
void operator delete[](void* p) noexcept {
    take(p);
}
#else
void* operator new(std::size_t n, std::align_val_t a) {
    return give(n, static_cast<std::size_t>(a));
}
void operator delete(void* p, std::align_val_t) noexcept {
    take(p);
}
#endif

int main() {
    const bool one = REPLACED == 1;
    const bool many = REPLACED == 1 || REPLACED == 2;
    const bool aligned = REPLACED == 3;
    expect(
        one, "new", [] { return new node; }, [](node* p) { delete p; });
    expect(
        one, "new(nothrow)", [] { return new (std::nothrow) node; }, [](node* p) { delete p; });
    expect(
        many, "new[]", [] { return new node[3]; }, [](node* p) { delete[] p; });
    expect(
        many, "new[](nothrow)", [] { return new (std::nothrow) node[3]; },
        [](node* p) { delete[] p; });
    expect(
        one, "delete(nothrow)", [] { return operator new(10); },
        [](void* p) { operator delete(p, std::nothrow); });
    expect(
        many, "delete[](nothrow)", [] { return operator new[](10); },
        [](void* p) { operator delete[](p, std::nothrow); });
    expect(
        aligned, "aligned new", [] { return new wide; }, [](wide* p) { delete p; });
    expect(
        aligned, "aligned new(nothrow)", [] { return new (std::nothrow) wide; },
        [](wide* p) { delete p; });
    expect(
        aligned, "aligned new[]", [] { return new wide[3]; }, [](wide* p) { delete[] p; });
    expect(
        aligned, "aligned new[](nothrow)", [] { return new (std::nothrow) wide[3]; },
        [](wide* p) { delete[] p; });

    // What the program's own operator throws ends in the nothrow form.
    is_short_of_memory = true;
    auto* const none = opaque(many ? reinterpret_cast<void*>(new (std::nothrow) node[2])
                                   : reinterpret_cast<void*>(new (std::nothrow) wide));
    is_short_of_memory = false;
    if (none != nullptr) {
        std::puts("a nothrow form gave a block that nobody had");
        wrong = 1;
    }
    return wrong;
}
