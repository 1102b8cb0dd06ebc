#include <ebb/alloc/dropin/throw_bad_alloc.h>
#include <ebb/alloc/engine/runtime.h>

#include <cstdlib>

// A runtime's, null in a program that has none at load.
extern "C" __attribute__((weak)) void _ZSt17__throw_bad_allocv(); // NOLINT: the linker's name

namespace ebb {

void throw_bad_alloc() {
    void (*fail)() = _ZSt17__throw_bad_allocv;
    if (fail == nullptr) {
        fail = reinterpret_cast<void (*)()>(engine::runtime_function("_ZSt17__throw_bad_allocv"));
    }
    if (fail != nullptr) {
        fail();
    }
    std::abort();
}

} // namespace ebb
