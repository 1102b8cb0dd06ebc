// Loads and unloads a plugin that has a malloc inside, linked from libebbmalloc.a: PLUGIN. Threads
// that used it end after it was closed, children are forked, memory that it freed goes back: none
// of this may run code that isn't there any more. Ends with 0.
#include <tests/support/forked.h>
#include <tests/support/wait.h>

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <thread>

int main(int count, char** words) {
    if (count != 2) {
        return 2;
    }
    for (int round = 0; round < 5; ++round) {
        void* const plugin = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
        if (plugin == nullptr) {
            std::puts(dlerror());
            return 2;
        }
        const auto use = reinterpret_cast<int (*)()>(dlsym(plugin, "use_the_heap"));
        std::atomic<int> step{0};
        std::thread user([&] {
            use();
            step = 1;
            tests::wait_until([&] { return step == 2; });
        });
        tests::wait_until([&] { return step == 1; });
        dlclose(plugin);
        step = 2;
        user.join();
        if (tests::status_of_child([] {}) != 0) {
            std::puts("a child didn't end well");
            return 1;
        }
    }
    // It is still there, and says so.
    if (dlopen(words[1], RTLD_NOW | RTLD_NOLOAD) == nullptr) {
        std::puts("the plugin was unloaded");
        return 1;
    }
    return 0;
}
