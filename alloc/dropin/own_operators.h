// Whether a program has replaced the operators on which the others are built.
//
// The standard builds most forms of new and delete on four: a program that replaces only operator
// new(size_t) and operator delete(void*) is to get every ordinary block through these. A library
// that answers all forms by itself would take blocks back that it never gave.
//
// For the one file of a library that defines all operators: it is included there after the eight
// definitions to which it refers.
//
// Cost: a load and a comparison an operator.
#pragma once

#include <cstddef>
#include <new>

// The operators of this object file by names that nobody can replace.
asm(R"(
.set ebb_own_new, _Znwm
.set ebb_own_new_aligned, _ZnwmSt11align_val_t
.set ebb_own_delete, _ZdlPv
.set ebb_own_delete_aligned, _ZdlPvSt11align_val_t
.set ebb_own_new_array, _Znam
.set ebb_own_new_array_aligned, _ZnamSt11align_val_t
.set ebb_own_delete_array, _ZdaPv
.set ebb_own_delete_array_aligned, _ZdaPvSt11align_val_t
)");
extern "C" {
#define EBB_OWN extern __attribute__((visibility("hidden"))) const char
EBB_OWN ebb_own_new[], ebb_own_new_aligned[], ebb_own_delete[], ebb_own_delete_aligned[];
EBB_OWN ebb_own_new_array[], ebb_own_new_array_aligned[];
EBB_OWN ebb_own_delete_array[], ebb_own_delete_array_aligned[];
#undef EBB_OWN
}

namespace ebb {

using new_form = void* (*)(std::size_t);
using aligned_new_form = void* (*)(std::size_t, std::align_val_t);
using delete_form = void (*)(void*) noexcept;
using aligned_delete_form = void (*)(void*, std::align_val_t) noexcept;

// Whether the operator in force isn't this file's. An executable at a fixed address has an address
// of its own for an operator whose address it takes: then the longer way is taken, with the same
// end.
template <class F>
[[nodiscard]] inline bool is_other(F in_force, const char* own) noexcept {
    asm("" : "+r"(own)); // or the compiler takes two names for two things
    return reinterpret_cast<const char*>(in_force) != own;
}

/// Whether the ordinary form, or one on which the array form is built, is the program's.
[[nodiscard]] inline bool new_is_replaced() noexcept {
    return is_other(new_form{&::operator new}, ebb_own_new);
}
[[nodiscard]] inline bool aligned_new_is_replaced() noexcept {
    return is_other(aligned_new_form{&::operator new}, ebb_own_new_aligned);
}
[[nodiscard]] inline bool delete_is_replaced() noexcept {
    return is_other(delete_form{&::operator delete}, ebb_own_delete);
}
[[nodiscard]] inline bool aligned_delete_is_replaced() noexcept {
    return is_other(aligned_delete_form{&::operator delete}, ebb_own_delete_aligned);
}
[[nodiscard]] inline bool array_new_is_replaced() noexcept {
    return is_other(new_form{&::operator new[]}, ebb_own_new_array) || new_is_replaced();
}
[[nodiscard]] inline bool aligned_array_new_is_replaced() noexcept {
    return is_other(aligned_new_form{&::operator new[]}, ebb_own_new_array_aligned) ||
           aligned_new_is_replaced();
}
[[nodiscard]] inline bool array_delete_is_replaced() noexcept {
    return is_other(delete_form{&::operator delete[]}, ebb_own_delete_array) ||
           delete_is_replaced();
}
[[nodiscard]] inline bool aligned_array_delete_is_replaced() noexcept {
    return is_other(aligned_delete_form{&::operator delete[]}, ebb_own_delete_array_aligned) ||
           aligned_delete_is_replaced();
}

} // namespace ebb
