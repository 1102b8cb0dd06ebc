// What the tests load the drop-in into: an ordinary program that knows nothing of it.
//
//     subject work                  allocates, and forks a child that does
//     subject locked                the same under mlockall, with a calloc of what was given back
//     subject modules PATH TIMES    loads and unloads a module, in threads too
//     subject load-malloc PATH...   loads libraries, the last of which is a malloc; uses and
//     unloads it subject sleep                 frees 100 MB, sleeps, prints what is resident of it
//     in MB
//
// Built twice: with shared libraries, and static, with ebb inside and without the two that load.
// Ends with 0 when all was as it should be; 3 when the system doesn't allow the test.
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern "C" long module_answer(); // linked: its constructor runs before this program's

namespace {

constexpr long answer = 999 * 1000 / 2 + 199 * 200 / 2 * 10;

bool allocate_and_free() {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 20'000; ++i) {
        blocks.push_back(std::malloc(i % 700));
        std::memset(blocks.back(), 1, i % 700);
    }
    for (void* p : blocks) {
        std::free(p);
    }
    return module_answer() == answer;
}

int work() {
    if (!allocate_and_free()) {
        return 1;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(allocate_and_free() ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status == 0 ? 0 : 1;
}

int locked() {
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        return 3;
    }
    if (!allocate_and_free()) {
        return 1;
    }
    malloc_trim(0);
    auto* const p = static_cast<unsigned char*>(std::calloc(9'000'000, 1));
    if (p == nullptr) {
        return 3; // RLIMIT_MEMLOCK
    }
    for (std::size_t i = 0; i < 9'000'000; ++i) {
        if (p[i] != 0) {
            return 1;
        }
    }
    std::free(p);
    return 0;
}

#ifndef EBB_STATIC
bool use_module(void* module) {
    auto* const f = reinterpret_cast<long (*)()>(dlsym(module, "module_answer"));
    return f != nullptr && f() == answer;
}

int modules(const char* path, int times) {
    for (int i = 0; i < times; ++i) {
        void* const module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            std::puts(dlerror());
            return 1;
        }
        std::atomic<bool> right{use_module(module)};
        std::thread other([&] { right = right && use_module(module); });
        other.join(); // its thread-local objects go before the library
        dlclose(module);
        if (!right || !allocate_and_free()) {
            return 1;
        }
    }
    return work();
}

int load_malloc(int count, char** paths) {
    for (int i = 0; i + 1 < count; ++i) { // what takes its share of static thread-local storage
        if (dlopen(paths[i], RTLD_NOW | RTLD_LOCAL) == nullptr) {
            std::puts(dlerror());
            return 1;
        }
    }
    void* const library = dlopen(paths[count - 1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::puts(dlerror());
        return 1;
    }
    auto* const take = reinterpret_cast<void* (*)(std::size_t)>(dlsym(library, "malloc"));
    auto* const give = reinterpret_cast<void (*)(void*)>(dlsym(library, "free"));
    std::atomic<int> state{0};
    std::thread late([&] { // ends after the library was closed
        give(take(10));
        state = 1;
        while (state != 2) {
            std::this_thread::yield();
        }
    });
    while (state != 1) {
        std::this_thread::yield();
    }
    for (int i = 0; i < 4; ++i) { // starts its purge thread
        void* const p = take(9'000'000);
        std::memset(p, 1, 9'000'000);
        give(p);
    }
    dlclose(library);
    state = 2;
    late.join();
    sleep(1); // its purge thread looks a few times
    return 0;
}
#endif

int sleep_after_peak() {
    std::vector<void*> blocks(100'000);
    for (void*& p : blocks) {
        p = std::malloc(1000);
        std::memset(p, 1, 1000);
    }
    for (void* p : blocks) {
        std::free(p);
    }
    sleep(1);
    // No call of malloc from here on: it would give back what aged meanwhile.
    char text[100] = {};
    const int statm = open("/proc/self/statm", O_RDONLY);
    static_cast<void>(read(statm, text, sizeof text - 1) >= 0);
    std::size_t resident = 0;
    std::sscanf(text, "%*u %zu", &resident);
    std::printf("%zu\n", resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) >> 20);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "work") {
        return work();
    }
    if (what == "locked") {
        return locked();
    }
#ifndef EBB_STATIC
    if (what == "modules" && argc == 4) {
        return modules(argv[2], std::atoi(argv[3]));
    }
    if (what == "load-malloc" && argc > 2) {
        return load_malloc(argc - 2, argv + 2);
    }
#endif
    if (what == "sleep") {
        return sleep_after_peak();
    }
    std::fprintf(stderr, "subject: %s: not one of work, locked, modules, load-malloc, sleep\n",
                 what.c_str());
    return 2;
}
