#include <tests/alloc/dropin/uses.h>
#include <tests/support/forked.h>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace tests {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    _exit(1);
}

namespace {

// A block whose bytes say which it is.
struct filled {
    unsigned char* at = nullptr;
    std::size_t bytes = 0;
};

void fill(filled& b, std::size_t from, unsigned char with) {
    std::memset(b.at + from, with, b.bytes - from);
}

void check(const filled& b, unsigned char with) {
    for (std::size_t i = 0; i < b.bytes; i += 512) {
        if (b.at[i] != with) {
            give_up("a block's content has changed");
        }
    }
    if (b.bytes != 0 && b.at[b.bytes - 1] != with) {
        give_up("the end of a block's content has changed");
    }
}

constexpr std::size_t block_count = 40;

std::size_t size_of(std::size_t i) {
    return i % 8 == 7 ? i * 20'000 : i * i * 20;
}

} // namespace

void use_blocks() {
    filled blocks[block_count];
    for (std::size_t i = 0; i < block_count; ++i) {
        filled& b = blocks[i];
        b.bytes = size_of(i);
        b.at = static_cast<unsigned char*>(std::malloc(b.bytes));
        if (b.at == nullptr) {
            give_up("no memory");
        }
        fill(b, 0, static_cast<unsigned char>(i));
    }
    for (std::size_t i = 0; i < block_count; i += 2) {
        filled& b = blocks[i];
        const std::size_t before = b.bytes;
        const std::size_t after = i % 4 == 0 ? 2 * before + 1 : before / 3 + 1;
        b.at = static_cast<unsigned char*>(std::realloc(b.at, after));
        if (b.at == nullptr) {
            give_up("no memory for realloc");
        }
        b.bytes = after;
        if (after > before) {
            fill(b, before, static_cast<unsigned char>(i));
        }
    }
    for (std::size_t i = 0; i < block_count; ++i) {
        check(blocks[i], static_cast<unsigned char>(i));
        std::free(blocks[i].at);
    }
}

namespace {

void expect_zeroes() {
    for (const std::size_t n : {1000U, 100'000U, 4'500'001U}) {
        auto* const used = static_cast<unsigned char*>(std::malloc(n));
        std::memset(used, 0xff, n);
        std::free(used);
        auto* const p = static_cast<unsigned char*>(std::calloc(1, n));
        for (std::size_t i = 0; i < n; i += 64) {
            if (p[i] != 0) {
                give_up("calloc gave something else than zeroes");
            }
        }
        if (p[n - 1] != 0) {
            give_up("calloc gave something else than zeroes at the end");
        }
        std::free(p);
    }
}

} // namespace

ebb_ledger ledger() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

void expect_ledger() {
    const ebb_ledger l = ledger();
    if (l.unreturned > l.idle) {
        give_up("more is unreturned than idle");
    }
    if (l.mapped != l.requested + l.slack + l.dead + l.idle + l.overhead) {
        give_up("the ledger doesn't add up");
    }
}

void use_alone() {
    use_blocks();
    expect_zeroes();
    malloc_trim(0);
    use_blocks();
    expect_ledger();
}

void use_in_threads() {
    constexpr int most = 3;
    pthread_t threads[most];
    int started = 0;
    for (; started < most; ++started) {
        const auto run = [](void*) -> void* {
            use_blocks();
            return nullptr;
        };
        if (pthread_create(&threads[started], nullptr, run, nullptr) != 0) {
            break;
        }
    }
    use_blocks();
    malloc_trim(0);
    for (int i = 0; i < started; ++i) {
        pthread_join(threads[i], nullptr);
    }
    use_blocks();
    expect_ledger();
}

void use_in_a_child() {
    const pid_t child = tests::fork_child([] { use_alone(); });
    if (child > 0 && tests::status_of(child) != 0) {
        give_up("the child didn't end well");
    }
    use_blocks();
    expect_ledger();
}

void use_for_a_peak() {
    constexpr std::size_t count = 100'000;
    std::vector<void*> blocks(count);
    for (std::size_t i = 0; i < count; ++i) {
        blocks[i] = std::malloc(100 + i % 300);
        if (blocks[i] == nullptr) {
            give_up("no memory");
        }
        std::memset(blocks[i], 1, 100);
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 100 != 0) {
            std::free(blocks[i]);
        }
    }
    malloc_trim(0);
    expect_ledger();
    for (std::size_t i = 0; i < count; i += 100) {
        std::free(blocks[i]);
    }
    expect_ledger();
}

} // namespace tests
