// What the tests load the drop-in into: an ordinary program that knows nothing of it.
//
//     subject work                  allocates, and forks a child that does
//     subject locked                the same under mlockall, with a calloc of what was given back
//     subject modules PATH TIMES    loads and unloads a module, in threads too
//     subject load-malloc PATH...   loads libraries, the last of which is a malloc; uses and
//                                   unloads it, and waits until its thread has looked a few times
//     subject shrink                frees 100 MB and waits until they went to the system
//     subject rest                  frees 100 MB; prints how many are resident, and for how many
//                                   milliseconds at a time a thread of the malloc's sleeps, or
//                                   `alone` where there is none
//
// Built twice: with shared libraries, and static, with ebb inside and without the two that load.
// Ends with 0 when all was as it should be; 3 when the system doesn't allow the test.
#include <tests/support/forked.h>
#include <tests/support/wait.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

// The rest of this part calls no malloc.

template <std::size_t N>
void read_file(const char* path, char (&text)[N]) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    static_cast<void>(read(file, text, N - 1) >= 0);
    close(file);
}

// A thread beside the main one and `known`, by the kernel's word; 0 where there is none.
pid_t other_thread(pid_t known = 0) {
    alignas(8) char entries[4096];
    const int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const long bytes = syscall(SYS_getdents64, folder, entries, sizeof entries);
    close(folder);
    for (long at = 0; at < bytes;) { // d_reclen and d_name of linux_dirent64
        unsigned short length = 0;
        std::memcpy(&length, entries + at + 16, sizeof length);
        const int id = std::atoi(entries + at + 19);
        if (id != 0 && id != getpid() && id != known) {
            return id;
        }
        at += length;
    }
    return 0;
}

int work() {
    if (!allocate_and_free()) {
        return 1;
    }
    return tests::status_of_child(allocate_and_free) == 0 ? 0 : 1;
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
    for (int i = 0; i < 4; ++i) {
        void* const p = take(9'000'000);
        std::memset(p, 1, 9'000'000);
        give(p);
    }
    dlclose(library);
    state = 2;
    late.join();
    tests::wait_until([] { return other_thread() == 0; });
    return 0;
}
#endif

void peak() {
    std::vector<void*> blocks(100'000);
    for (void*& p : blocks) {
        p = std::malloc(1000);
        std::memset(p, 1, 1000);
    }
    for (void* p : blocks) {
        std::free(p);
    }
}

std::size_t resident_megabytes() {
    char text[128] = {};
    std::size_t pages = 0;
    read_file("/proc/self/statm", text);
    std::sscanf(text, "%*u %zu", &pages);
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) >> 20;
}

int shrink() {
    peak();
    tests::wait_until([] { return resident_megabytes() < 20; });
    return 0;
}

bool is_ebbs(pid_t thread) {
    char path[64];
    char name[32] = {};
    std::snprintf(path, sizeof path, "/proc/self/task/%d/comm", static_cast<int>(thread));
    read_file(path, name);
    return std::strcmp(name, "ebb-purge\n") == 0;
}

// After a peak, with another thread that sleeps or without: what is resident, and who is there
// beside the program's threads.
int rest(bool with_another) {
    static std::atomic<pid_t> another{0};
    if (with_another) {
        std::thread([] {
            another = tests::thread_id();
            for (;;) {
                pause();
            }
        }).detach();
        tests::wait_until([] { return another != 0; });
    }
    peak();
    // No call of malloc from here on.
    const pid_t other = other_thread(another);
    if (other != 0) {
        tests::wait_until([other] { return is_ebbs(other); });
    }
    std::printf("%zu %s\n", resident_megabytes(), other != 0 ? "ebb's" : "alone");
    std::fflush(stdout);
    _exit(0);
}

// The main thread leaves, and another goes on for a while.
[[noreturn]] void leave() {
    static std::atomic<pid_t> another{0};
    static std::atomic<bool> leaves{false};
    std::thread([] {
        another = tests::thread_id();
        tests::wait_until([] { return leaves.load(); });
        for (int i = 0; i < 1000; ++i) {
            std::free(std::malloc(100'000));
        }
    }).detach();
    tests::wait_until([] {
        const pid_t other = another == 0 ? 0 : other_thread(another);
        return other != 0 && is_ebbs(other);
    });
    leaves = true;
    pthread_exit(nullptr);
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
    if (what == "leave") {
        leave();
    }
    if (what == "shrink") {
        return shrink();
    }
    if (what == "rest") {
        return rest(argc > 2 && std::strcmp(argv[2], "two") == 0);
    }
    std::fprintf(stderr,
                 "subject: %s: not one of work, locked, modules, load-malloc, shrink, rest\n",
                 what.c_str());
    return 2;
}
