// Threads, forks, signals and scarce memory, with libebbmalloc.so linked.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/wait.h>
#include <ucontext.h>

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <thread>
#include <vector>

namespace {

ebb_ledger ledger() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

bool balanced(const ebb_ledger& l) {
    return l.mapped == l.requested + l.slack + l.dead + l.idle + l.overhead;
}

// Allocates and frees until it is told to stop, and counts its steps; leaves nothing.
void churn(const std::atomic<bool>& stop, unsigned seed,
           std::atomic<std::uint64_t>* steps = nullptr) {
    std::minstd_rand random(seed);
    std::vector<void*> blocks(500, nullptr);
    while (!stop.load(std::memory_order_relaxed)) {
        void*& p = blocks[random() % blocks.size()];
        std::free(p);
        const std::size_t n = random() % (random() % 64 == 0 ? 400'000 : 2000);
        p = std::malloc(n);
        if (p != nullptr) {
            std::memset(p, 1, n < 64 ? n : 64);
        }
        if (steps != nullptr) {
            steps->fetch_add(1, std::memory_order_relaxed);
        }
    }
    for (void* p : blocks) {
        std::free(p);
    }
}

TEST(dropin_process, goes_on_in_parent_and_child_of_a_fork_under_load) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) {
        threads.emplace_back([&stop, i] { churn(stop, i + 1); });
    }
    for (int round = 0; round < 40; ++round) {
        const int status = tests::status_of_child([] {
            const ebb_ledger before = ledger();
            std::vector<void*> blocks;
            for (std::size_t i = 0; i < 3000; ++i) {
                blocks.push_back(std::malloc(i));
            }
            std::thread other([&blocks] {
                for (void* p : blocks) {
                    std::free(p);
                }
            });
            other.join();
            blocks = {};
            malloc_trim(0);
            std::size_t count = 0;
            static ebb_heap_class classes[256];
            ebb_heap_classes(classes, sizeof classes[0], 256, &count);
            std::uint64_t requested = 0;
            std::uint64_t live = 0;
            for (std::size_t i = 0; i < count; ++i) {
                requested += classes[i].requested;
                live += classes[i].blocks;
            }
            // The other threads aren't here, but what they held is, to the byte.
            const ebb_ledger after = ledger();
            return balanced(after) && requested == after.requested &&
                   live == after.allocations - after.frees && before.requested <= after.requested;
        });
        ASSERT_EQ(status, 0) << "round " << round;
    }
    stop = true;
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_TRUE(balanced(ledger()));
}

// getline holds a stream's lock and allocates, fflush(nullptr) holds the list of streams and waits
// for that lock, and fork takes both between its handlers (glibc's BZ 19431). Hung, this waits for
// ctest's limit.
TEST(dropin_process, forks_beside_streams_that_are_read_and_flushed) {
    std::FILE* const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    for (int i = 0; i < 50; ++i) {
        std::fprintf(file, "line %d of some text that is a little longer than the first buffer\n",
                     i);
    }
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> lines{0};
    std::atomic<std::uint64_t> flushes{0};
    std::thread reader([&] {
        while (!stop) {
            std::rewind(file);
            char* line = nullptr;
            std::size_t bytes = 0;
            while (::getline(&line, &bytes, file) > 0) {
                std::free(line); // each in a buffer that grows anew
                line = nullptr;
                bytes = 0;
                ++lines;
            }
            std::free(line);
        }
    });
    std::thread flusher([&] {
        while (!stop) {
            std::fflush(nullptr);
            ++flushes;
        }
    });
    while (lines == 0 || flushes == 0) {
        std::this_thread::yield();
    }
    for (int round = 0; round < 300; ++round) {
        ASSERT_EQ(tests::status_of_child([] {}), 0) << "round " << round;
    }
    stop = true;
    reader.join();
    flusher.join();
    std::fclose(file);
}

TEST(dropin_process, keeps_counts_through_threads_that_end_with_blocks_others_free) {
    const ebb_ledger before = ledger();
    std::vector<void*> blocks(64 * 100);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::thread> threads;
        threads.reserve(64);
        for (std::size_t t = 0; t < 64; ++t) {
            threads.emplace_back([&blocks, t] {
                for (std::size_t i = 0; i < 100; ++i) {
                    blocks[t * 100 + i] = std::malloc(t + i * 13);
                }
            });
        }
        for (std::thread& t : threads) {
            t.join();
        }
        for (void* p : blocks) {
            std::free(p);
        }
    }
    blocks = {};
    const ebb_ledger after = ledger();
    EXPECT_LE(after.requested, before.requested + 64 * 1024) << "what libc keeps of threads";
    EXPECT_TRUE(balanced(after));
    EXPECT_LT(after.overhead, before.overhead + (std::uint64_t{64} << 18))
        << "caches of ended threads are taken up again";
}

TEST(dropin_process, lets_a_cancelled_thread_go) {
    for (int i = 0; i < 50; ++i) {
        std::atomic<bool> running{false};
        std::pair<std::atomic<bool>*, int> argument{&running, i};
        pthread_t thread{};
        ASSERT_EQ(pthread_create(
                      &thread, nullptr,
                      [](void* a) -> void* {
                          auto& [flag, n] = *static_cast<std::pair<std::atomic<bool>*, int>*>(a);
                          flag->store(true);
                          for (;;) {
                              std::free(std::malloc(static_cast<std::size_t>(n) * 1000));
                              pthread_testcancel();
                          }
                      },
                      &argument),
                  0);
        while (!running) {
            std::this_thread::yield();
        }
        pthread_cancel(thread);
        pthread_join(thread, nullptr);
    }
    EXPECT_TRUE(balanced(ledger()));
}

std::atomic<std::uint64_t> snapshots{0};
std::atomic<std::uint64_t> failures{0};

TEST(dropin_process, reads_the_ledger_and_its_classes_in_a_signal_handler) {
    struct sigaction action {};
    action.sa_handler = [](int) {
        ebb_ledger l{};
        const int saved = errno;
        ebb_heap_class classes[128];
        std::size_t count = 0;
        if (ebb_heap_ledger(&l, sizeof l) != 0 || l.mapped == 0 ||
            ebb_heap_classes(classes, sizeof classes[0], 128, &count) != 0 || count < 90 ||
            errno != saved) {
            ++failures;
        }
        ++snapshots;
    };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> steps{0};
    std::thread worker([&] { churn(stop, 9, &steps); });
    for (int i = 0; i < 300; ++i) {
        const std::uint64_t handled = snapshots;
        const std::uint64_t seen = steps;
        pthread_kill(worker.native_handle(), SIGUSR1);
        tests::wait_until([&] { return snapshots > handled && steps > seen; }); // it went on
    }
    stop = true;
    worker.join();
    EXPECT_EQ(failures.load(), 0U);
}

TEST(dropin_process, says_enomem_under_an_address_space_limit_and_goes_on) {
    const int status = tests::status_of_child([] {
        rlimit limit{};
        getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = 400'000'000;
        setrlimit(RLIMIT_AS, &limit);
        std::minstd_rand random(3);
        for (int round = 0; round < 3; ++round) {
            void** last = nullptr; // the blocks' own list: nothing else may allocate here
            std::size_t bytes = 0;
            const ebb_ledger before = ledger();
            for (;;) {
                const std::size_t n = 16 + random() % (round == 1 ? 300'000 : 3000);
                errno = 0;
                auto** const p = static_cast<void**>(std::malloc(n));
                asm volatile("" ::: "memory"); // clang++ knows that malloc leaves errno alone
                if (p == nullptr) {
                    if (errno != ENOMEM) {
                        return false;
                    }
                    break;
                }
                *p = last;
                last = p;
                bytes += n;
            }
            if (ledger().requested - before.requested != bytes ||
                bytes < 200'000'000 || operator new(100'000'000, std::nothrow) != nullptr) {
                return false;
            }
            while (last != nullptr) {
                void** const next = static_cast<void**>(*last);
                std::free(last);
                last = next;
            }
            if (ledger().requested != before.requested || !balanced(ledger())) {
                return false;
            }
        }
        return true;
    });
    EXPECT_EQ(status, 0);
}

std::uint64_t resident() {
    ebb_resident r{};
    ebb_heap_resident(&r, sizeof r);
    return r.resident;
}

// What the kernel says of the whole process, without a call of malloc.
std::uint64_t process_resident() {
    char text[128] = {};
    const int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = read(statm, text, sizeof text - 1);
    close(statm);
    unsigned long pages = 0;
    return n > 0 && std::sscanf(text, "%*u %lu", &pages) == 1
               ? pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))
               : 0;
}

TEST(dropin_process, gives_memory_back_while_the_program_sleeps) {
    std::vector<void*> blocks(400'000);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i] = std::malloc(100 + i % 300);
        std::memset(blocks[i], 1, 100);
    }
    const std::uint64_t full = resident();
    const std::uint64_t others = process_resident() - full;
    std::minstd_rand random(1);
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (std::size_t i = blocks.size() / 100; i < blocks.size(); ++i) {
        std::free(blocks[i]);
    }
    tests::wait_until([&] { return process_resident() < others + full / 3; });
    for (std::size_t i = 0; i < blocks.size() / 100; ++i) {
        std::free(blocks[i]);
    }
    std::vector<void*>().swap(blocks); // its 3 MB
    malloc_trim(0);
    ebb_resident left{};
    ebb_heap_resident(&left, sizeof left);
    EXPECT_LT(left.resident, full / 20) << "live " << left.live << ", idle " << left.idle
                                        << ", overhead " << left.overhead << " of " << full;
}

// What calls may need of the stack: coroutines have as little as 8 KiB.
class small_stack {
  public:
    // Runs `f` on it; returns how many bytes of it were used.
    std::size_t run(void (*f)()) {
        std::memset(bytes_.data(), untouched, bytes_.size());
        getcontext(&inside_);
        inside_.uc_stack.ss_sp = bytes_.data();
        inside_.uc_stack.ss_size = bytes_.size();
        inside_.uc_link = &outside_;
        makecontext(&inside_, f, 0);
        swapcontext(&outside_, &inside_);
        const auto used = std::find_if(bytes_.begin(), bytes_.end(),
                                       [](unsigned char c) { return c != untouched; });
        return static_cast<std::size_t>(bytes_.end() - used);
    }

  private:
    static constexpr unsigned char untouched = 0xa5;
    std::vector<unsigned char> bytes_ = std::vector<unsigned char>(64 << 10);
    ucontext_t inside_{};
    ucontext_t outside_{};
};

// Every road of malloc and free, those that fill and empty a cache and give pages back too.
void take_every_road() {
    static void* blocks[20'000];
    for (const std::size_t n :
         {std::size_t{16}, std::size_t{60}, std::size_t{1000}, std::size_t{3000}}) {
        for (void*& p : blocks) {
            p = std::malloc(n);
        }
        for (void* p : blocks) {
            std::free(p);
        }
    }
    for (const std::size_t n : {std::size_t{100'000}, std::size_t{50} << 20U}) {
        void* p = std::calloc(1, n);
        p = std::realloc(p, 2 * n);
        std::free(p);
    }
    malloc_trim(0);
}

TEST(dropin_process, needs_little_stack) {
    small_stack stack;
    const std::size_t by_the_linker = stack.run(take_every_road); // which looks names up first
    const std::size_t used = stack.run(take_every_road);
    EXPECT_LT(used, 3 << 10) << "at first " << by_the_linker;
}

} // namespace
