// A C++ program that catches bad_alloc and throws nothing itself.
#include <cstdint>
#include <new>

int main() {
    volatile std::size_t too_much = SIZE_MAX / 2;
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc&) {
        return 0;
    }
    return 1;
}
