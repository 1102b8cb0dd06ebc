// A C++ library as programs load and unload them: it allocates in its constructors, in thread-local
// objects, and registers handlers of a fork that allocate. Built without ebb.
#include <pthread.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

// A little static thread-local storage of its own, as such modules have.
__attribute__((tls_model("initial-exec"))) thread_local long counter[4];
thread_local long calls;

std::map<std::string, std::vector<int>> table = [] {
    std::map<std::string, std::vector<int>> t;
    for (int i = 0; i < 1000; ++i) {
        t["a key that is longer than a small string " + std::to_string(i)].resize(
            static_cast<std::size_t>(i));
    }
    return t;
}();

struct per_thread {
    std::vector<std::string> words;
    per_thread() {
        for (int i = 0; i < 200; ++i) {
            words.emplace_back(static_cast<std::size_t>(i) * 10, 'x');
        }
    }
};
thread_local per_thread mine;

// More than a thread's cache holds, of many sizes.
void fork_work() {
    static void* kept[4000];
    for (std::size_t i = 0; i < 4000; ++i) {
        std::free(kept[i]);
        kept[i] = std::malloc(16 + i % 3000);
    }
}

__attribute__((constructor(200))) void registered() {
    pthread_atfork(fork_work, fork_work, fork_work);
}

} // namespace

/// The bytes that the table and this thread's words hold: always the same.
extern "C" __attribute__((visibility("default"))) long module_answer() {
    std::size_t sum = 0;
    for (const auto& [key, values] : table) {
        sum += values.size();
    }
    for (const std::string& w : mine.words) {
        sum += w.size();
    }
    ++counter[calls % 4];
    ++calls;
    long seen = 0;
    for (const long c : counter) {
        seen += c;
    }
    return seen == calls ? static_cast<long>(sum) : -1;
}
