// A reference to the runtime that is not weak: of a static program's runtime the linker takes what
// is asked for, and a program that catches but never throws asks for nothing that throws.
#include <ebb/alloc/dropin/throw_bad_alloc.h>

#include <new>

namespace ebb {

void throw_bad_alloc() {
    throw std::bad_alloc();
}

} // namespace ebb
