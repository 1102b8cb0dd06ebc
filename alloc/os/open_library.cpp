// dlopen of the shared libraries: libc's, without RTLD_DEEPBIND.
//
// A library that is opened with that flag (PHP does so with all its modules) looks names up in
// itself and in what it needs first, libc among them: it would get libc's malloc where the rest of
// the process, libc's own functions too, has ours, and the first block to cross over ends the
// program. No function of libc's leads from its malloc to another. So the flag is left out, and
// with it the precedence of that library's own names over the program's.
//
// libc takes the return address for who asks: his is the search path and the namespace. So the way
// to libc's function is a jump, not a call.
#include <dlfcn.h>

static_assert(RTLD_DEEPBIND == 8);

// Where the jump goes. Hidden, and not internal to this file: the jump below names it.
extern "C" __attribute__((visibility("hidden"))) void* ebb_libc_dlopen; // NOLINT
constinit void* ebb_libc_dlopen = nullptr;

#if defined(__x86_64__)
asm(R"(
    .text
    .globl dlopen
    .type dlopen, @function
dlopen:
    .cfi_startproc
    endbr64
    andl $~8, %esi
    movq ebb_libc_dlopen(%rip), %r11
    testq %r11, %r11
    je 1f
    jmp *%r11
1:  pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call ebb_find_libc_dlopen
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
    jmp *%rax
    .cfi_endproc
    .size dlopen, . - dlopen
)");
#elif defined(__aarch64__)
asm(R"(
    .text
    .globl dlopen
    .type dlopen, %function
dlopen:
    .cfi_startproc
    hint #34
    and w1, w1, #0xfffffff7
    adrp x16, ebb_libc_dlopen
    ldr x16, [x16, #:lo12:ebb_libc_dlopen]
    cbz x16, 1f
    br x16
1:  stp x29, x30, [sp, #-32]!
    .cfi_adjust_cfa_offset 32
    stp x0, x1, [sp, #16]
    bl ebb_find_libc_dlopen
    mov x16, x0
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #32
    .cfi_adjust_cfa_offset -32
    br x16
    .cfi_endproc
    .size dlopen, . - dlopen
)");
#endif

// At the first call. Whoever opens a library has a dlopen that comes after this one.
extern "C" __attribute__((visibility("hidden"), used)) void* ebb_find_libc_dlopen() noexcept {
    void* const found = ::dlsym(RTLD_NEXT, "dlopen");
    __atomic_store_n(&ebb_libc_dlopen, found, __ATOMIC_RELEASE);
    return found;
}
