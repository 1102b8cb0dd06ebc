// What deep_host.cpp opens with RTLD_DEEPBIND: it exchanges blocks with the program and with libc.
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {

__attribute__((visibility("default"))) void* deep_give() {
    return std::malloc(100);
}

__attribute__((visibility("default"))) void deep_take(void* p) {
    std::free(p);
}

__attribute__((visibility("default"))) bool deep_copies() {
    char* const copy = strdup("of libc's, by the malloc in force"); // NOLINT: freed here
    const bool right = copy != nullptr && std::strlen(copy) == 33;
    std::free(copy);
    return right && std::string(1000, 'x').size() == 1000;
}
}
