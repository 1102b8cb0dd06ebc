// What host_of_plugins.cpp loads: it has libebbmalloc.a inside and binds to that itself.
#include <cstdlib>
#include <cstring>

extern "C" __attribute__((visibility("default"))) int use_the_heap() {
    for (int i = 0; i < 5; ++i) { // enough for a purge to begin
        void* const p = std::malloc(9'000'000);
        std::memset(p, 1, 9'000'000);
        std::free(p);
    }
    static void* kept[5000];
    for (void*& p : kept) {
        p = std::malloc(300);
    }
    for (void*& p : kept) {
        std::free(p);
    }
    return 1;
}
