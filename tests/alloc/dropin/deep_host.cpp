// A program that opens a plugin with RTLD_DEEPBIND, as PHP does with its modules: deep_host NAME.
// It is found by this program's own RUNPATH, so libc must see who asks. Ends with 0.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

int main(int count, char** words) {
    if (count != 2) {
        return 2;
    }
    void* const plugin = ::dlopen(words[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (plugin == nullptr) {
        std::puts(::dlerror());
        return 1;
    }
    auto* const give = reinterpret_cast<void* (*)()>(::dlsym(plugin, "deep_give"));
    auto* const take = reinterpret_cast<void (*)(void*)>(::dlsym(plugin, "deep_take"));
    auto* const copies = reinterpret_cast<bool (*)()>(::dlsym(plugin, "deep_copies"));
    for (int i = 0; i < 1000; ++i) {
        if (!copies()) {
            return 1;
        }
        take(std::malloc(100));
        std::free(give());
    }
    return 0;
}
