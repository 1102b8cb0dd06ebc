// pthread_create of the shared library: libc's, with ebb's own thread beside it
// (engine/companion.h).
#include <ebb/alloc/engine/companion.h>

#include <dlfcn.h>
#include <pthread.h>

namespace {

bool is_loaded = false;

// After the engine's own constructor, which reads the options; before the program's. Whoever
// creates a thread before that is the only one.
__attribute__((constructor(102))) void load() noexcept {
    if (!is_loaded) {
        is_loaded = true;
        ebb::engine::companion::load(reinterpret_cast<ebb::engine::companion::create_function>(
            ::dlsym(RTLD_NEXT, "pthread_create")));
    }
}

} // namespace

extern "C" __attribute__((visibility("default"))) int
pthread_create(pthread_t* out, const pthread_attr_t* attributes, void* (*start)(void*),
               void* argument) noexcept {
    load();
    return ebb::engine::companion::create_thread(out, attributes, start, argument);
}
