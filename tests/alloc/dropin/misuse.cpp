// What a program does wrong with malloc: it is stopped at that call, with the address, the reason
// and the frames that lead there.
#include <gtest/gtest.h>
#include <tests/support/forked.h>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

template <class T>
T opaque(T value) {
    asm volatile("" : "+r"(value) : : "memory");
    return value;
}

// What the compiler doesn't know for free(): it would warn of all this, or leave it out.
void (*volatile give)(void*) = &std::free;

// Runs `f` in a child, which has it say by `culprit` which address it is about to misuse; expects
// the child to abort with one line of ebb's that has the reason and this address, and then frames
// down to this program.
int culprit_pipe = -1;
void culprit(const void* p) {
    char text[32];
    const int n = std::snprintf(text, sizeof text, "%p", p);
    static_cast<void>(write(culprit_pipe, text, static_cast<std::size_t>(n)) == n);
}

std::string read_all(int file) {
    std::string text;
    char part[4096];
    for (ssize_t n = 0; (n = read(file, part, sizeof part)) > 0;) {
        text.append(part, static_cast<std::size_t>(n));
    }
    close(file);
    return text;
}

template <class F>
void expect_stop(const std::string& reason, const std::string& slot, F&& f) {
    int errors[2];
    int addresses[2];
    ASSERT_EQ(pipe(errors), 0);
    ASSERT_EQ(pipe(addresses), 0);
    const pid_t child = tests::fork_child([&] {
        dup2(errors[1], STDERR_FILENO);
        culprit_pipe = addresses[1];
        f();
    });
    close(errors[1]);
    close(addresses[1]);
    const std::string text = read_all(errors[0]);
    const std::string address = read_all(addresses[0]);
    const int status = tests::status_of(child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status << " " << text;
    const std::string line = "ebb: " + reason + " " + address + slot + "\n";
    EXPECT_EQ(text.substr(0, line.size()), line) << text;
    EXPECT_EQ(text.find("ebb: ", 1), std::string::npos) << "once: " << text;
    EXPECT_NE(text.find("test_dropin_misuse", line.size()), std::string::npos)
        << "frames: " << text;
}

constexpr const char* of_64 = " (a slot of 64 bytes)";

TEST(dropin_misuse, stops_at_a_double_free_at_once) {
    for (const std::size_t n : {std::size_t{50}, std::size_t{64}}) {
        expect_stop("double free of", of_64, [n] {
            void* const p = opaque(std::malloc(n));
            give(p);
            culprit(p);
            give(opaque(p));
        });
    }
    expect_stop("double free of", " (a slot of 64 bytes)", [] {
        auto* const p = opaque(new char[60]);
        give(p);
        culprit(p);
        operator delete[](opaque(static_cast<void*>(p)));
    });
    expect_stop("double free of", " (a slot of 256 bytes)", [] {
        void* const p = opaque(aligned_alloc(256, 256));
        give(p);
        culprit(p);
        give(opaque(p));
    });
}

TEST(dropin_misuse, stops_at_a_double_free_much_later) {
    // Behind how many frees of others: in the cache, loose in the central bin, in its span.
    for (const int others : {100, 2000, 100'000}) {
        expect_stop("double free of", of_64, [others] {
            std::vector<void*> blocks;
            for (int i = 0; i < others; ++i) {
                blocks.push_back(std::malloc(64));
            }
            void* const p = opaque(std::malloc(64));
            void* const neighbour = std::malloc(64); // keeps its span
            give(p);
            for (void* b : blocks) {
                give(b);
            }
            culprit(p);
            give(opaque(p));
            give(neighbour);
        });
    }
    // After its page went to the system.
    expect_stop("double free of", of_64, [] {
        std::vector<void*> blocks;
        for (int i = 0; i < 5000; ++i) {
            blocks.push_back(std::malloc(64));
        }
        void* const p = blocks[2500];
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (i % 500 != 0 || i == 2500) { // some of each span live on
                give(blocks[i]);
            }
        }
        malloc_trim(0);
        culprit(p);
        give(opaque(p));
    });
}

TEST(dropin_misuse, stops_at_a_double_free_across_threads) {
    expect_stop("double free of", of_64, [] {
        void* const p = opaque(std::malloc(64));
        std::thread([p] { give(p); }).join(); // that thread's cache was emptied
        culprit(p);
        give(opaque(p));
    });
    expect_stop("double free of", of_64, [] {
        void* const p = opaque(std::malloc(64));
        std::atomic<int> state{0};
        std::thread other([&] {
            give(p);
            state = 1;
            while (state != 2) { // its cache holds it
                std::this_thread::yield();
            }
        });
        while (state != 1) {
            std::this_thread::yield();
        }
        culprit(p);
        give(opaque(p));
    });
}

TEST(dropin_misuse, stops_at_a_double_free_of_a_large_block) {
    for (const std::size_t n : {std::size_t{1} << 20, std::size_t{100} << 20}) {
        expect_stop("double free of", "", [n] {
            // The block before it lives on: then it is the start of a free run.
            static_cast<void>(opaque(std::malloc(n)));
            void* const p = opaque(std::malloc(n));
            static_cast<void>(opaque(std::malloc(n)));
            give(p);
            culprit(p);
            give(opaque(p));
        });
    }
    expect_stop("double free of", "", [] {
        void* const p = opaque(std::malloc(1 << 20));
        give(p);
        culprit(p);
        static_cast<void>(opaque(std::realloc(opaque(p), 10)));
    });
}

constexpr const char* foreign =
    "free of an address that is no block's (foreign, or inside of a large block):";

TEST(dropin_misuse, stops_at_addresses_that_it_never_gave) {
    expect_stop(foreign, "", [] {
        long local = 0;
        culprit(&local);
        give(opaque(static_cast<void*>(&local)));
    });
    expect_stop(foreign, "", [] {
        static long global;
        culprit(&global);
        give(opaque(static_cast<void*>(&global)));
    });
    expect_stop(foreign, "", [] {
        void* const p =
            mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        culprit(p);
        give(opaque(p));
    });
    for (const std::uintptr_t at : {std::uintptr_t{1}, std::uintptr_t{0x5000}, UINTPTR_MAX - 15,
                                    std::uintptr_t{1} << 47, std::uintptr_t{0xdeadbeefdeadbeef}}) {
        expect_stop(foreign, "", [at] {
            culprit(reinterpret_cast<void*>(at));
            give(reinterpret_cast<void*>(opaque(at)));
        });
    }
    expect_stop(foreign, "", [] {
        long local = 0;
        culprit(&local);
        static_cast<void>(malloc_usable_size(opaque(&local)));
    });
}

TEST(dropin_misuse, stops_inside_of_blocks) {
    for (const std::size_t offset : {std::size_t{1}, std::size_t{16}, std::size_t{63}}) {
        expect_stop("free of an address inside of a block:", of_64, [offset] {
            char* const p = opaque(static_cast<char*>(std::malloc(64))) + offset;
            culprit(p);
            give(opaque(p));
        });
    }
    for (const std::size_t offset : {std::size_t{16}, std::size_t{4096}, std::size_t{65536}}) {
        expect_stop(offset < 65536 ? "free of an address inside of a block:" : foreign, "",
                    [offset] {
                        char* const p = opaque(static_cast<char*>(std::malloc(1 << 20))) + offset;
                        culprit(p);
                        give(opaque(p));
                    });
    }
}

TEST(dropin_misuse, stops_where_a_block_was_written_past_its_end) {
    for (const std::size_t n : {std::size_t{55}, std::size_t{63}}) { // a string's zero
        expect_stop("written past its end:", of_64, [n] {
            char* const p = opaque(static_cast<char*>(std::malloc(n)));
            std::memset(p, 'x', n);
            std::memset(opaque(p) + n, 0, 64 - n);
            culprit(p);
            give(opaque(p));
        });
    }
}

// There is no link in a free slot to overwrite: what a late write hits is that slot alone, and the
// heap goes on handing out each slot once.
TEST(dropin_misuse, keeps_its_lists_from_writes_to_free_blocks) {
    std::vector<char*> blocks;
    for (int i = 0; i < 20'000; ++i) {
        blocks.push_back(opaque(static_cast<char*>(std::malloc(64))));
    }
    for (char* p : blocks) {
        give(p);
    }
    for (char* p : blocks) {
        std::memset(opaque(p), 0x41, 64);
    }
    std::vector<char*> again;
    for (int i = 0; i < 20'000; ++i) {
        again.push_back(opaque(static_cast<char*>(std::malloc(64))));
        std::memcpy(again.back(), &again.back(), sizeof(char*));
    }
    for (char* p : again) {
        char* own = nullptr;
        std::memcpy(&own, p, sizeof own);
        ASSERT_EQ(own, p) << "handed out twice";
        give(p);
    }
    malloc_trim(0);
}

} // namespace
