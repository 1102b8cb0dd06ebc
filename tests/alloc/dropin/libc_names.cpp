// glibc's own names of malloc's family, mixed with the ordinary ones: libc_names LIBRARY. Ends with
// 0; a block that its owner doesn't know would end the program. The names must be answered by a
// library of that name, or by the program itself where that is empty.
#include <dlfcn.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" { // NOLINTBEGIN: whose names they are
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* __libc_valloc(std::size_t);
void* __libc_pvalloc(std::size_t);
void __libc_free(void*);
} // NOLINTEND

int main(int count, char** words) {
    if (count == 2) {
        Dl_info info{};
        if (dladdr(reinterpret_cast<void*>(&__libc_memalign), &info) == 0 ||
            std::strstr(info.dli_fname, words[1]) == nullptr) {
            std::printf("__libc_memalign answers from %s\n", info.dli_fname);
            return 1;
        }
    }
    for (std::size_t n = 1; n < 2'000'000; n *= 3) {
        std::free(__libc_malloc(n));
        std::free(__libc_realloc(__libc_calloc(1, n), 2 * n));
        std::free(std::realloc(__libc_memalign(256, n), 3 * n));
        std::free(__libc_valloc(n));
        std::free(__libc_pvalloc(n));
        __libc_free(std::malloc(n));
        __libc_free(std::calloc(3, n));
        __libc_free(memalign(512, n));
        __libc_free(__libc_realloc(std::malloc(n), n + 1000));
    }
    return 0;
}
