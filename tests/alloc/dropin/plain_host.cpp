// A program without a C++ runtime that loads a plugin with one: plain_host PLUGIN. Ends with 0 when
// memory that runs out in the plugin is told there as the standard says.
#include <dlfcn.h>

#include <cstdio>

int main(int count, char** words) {
    if (count != 2) {
        return 2;
    }
    if (dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv") != nullptr) {
        std::puts("there is a C++ runtime already");
        return 2;
    }
    void* const plugin = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
        std::puts(dlerror());
        return 2;
    }
    using answer = int (*)();
    const auto run = reinterpret_cast<answer>(dlsym(plugin, "run_out_of_memory"));
    return run == nullptr ? 2 : run();
}
