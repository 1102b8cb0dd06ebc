// The engine under bytes that anyone made up, against a naive model (tests/alloc/engine/trace.h):
// one to four threads with a part of the bytes each, who hand blocks to each other, and now and
// then a fork in the middle.
//
//     byte 0, lowest two bits   threads - 1
//     byte 0, the others        all set: fork after the first half
//     the rest                  the threads' steps, a part each, four bytes a step
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/start.h>

#include <tests/alloc/engine/trace.h>
#include <tests/support/forked.h>

#include <memory>
#include <thread>
#include <vector>

namespace {

using bytes = std::span<const std::uint8_t>;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

// The child calls the engine alone: beside other threads' calls of asan's malloc, that one isn't
// whole after a fork.
void fork_between(const bytes& steps) {
    const int status = tests::status_of_child([&] {
        ebb::engine::validate();
        void* blocks[256] = {};
        for (std::size_t i = 0; i + 4 <= steps.size(); i += 4) {
            void*& p = blocks[steps[i]];
            ebb::engine::deallocate(p);
            p = ebb::engine::allocate((steps[i + 1] + 256U * steps[i + 2]) << steps[i + 3] % 6);
        }
        ebb::engine::validate();
        for (void* p : blocks) {
            ebb::engine::deallocate(p);
        }
        ebb::engine::validate();
    });
    if (status != 0) {
        std::fprintf(stderr, "fuzz: status %x\n", static_cast<unsigned>(status));
        fail("the child of a fork");
    }
}

void alone(const bytes& steps, bool forks) {
    tests::trace t({});
    const std::size_t half = steps.size() / 8 * 4;
    t.run(steps.first(half));
    if (forks) {
        fork_between(steps.subspan(half));
    }
    t.run(steps.subspan(half));
    t.verify_all();
    ebb::engine::validate();
    t.finish();
}

void together(const bytes& steps, std::size_t count, bool forks) {
    tests::trace_mailbox mailbox;
    tests::trace::options chosen;
    chosen.shared = true;
    chosen.mailbox = &mailbox;
    chosen.most_live = 64;
    chosen.most_bytes = 16 << 20;
    const std::size_t part = steps.size() / count / 4 * 4;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            tests::trace t(chosen);
            t.run(steps.subspan(i * part, part));
            t.finish();
        });
    }
    if (forks) {
        fork_between(steps.first(part));
    }
    for (std::thread& t : threads) {
        t.join();
    }
    for (auto& place : mailbox.place) {
        const std::unique_ptr<tests::trace_block> left(place.load());
        if (left != nullptr) {
            ebb::engine::deallocate(left->at);
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ebb::engine::load();
    if (size == 0) {
        return 0;
    }
    const ebb_ledger before = ebb::engine::read_ledger();
    const std::size_t threads = 1 + data[0] % 4;
    // Not under tsan: to it the other threads are leaks in the child.
    const bool forks = data[0] >> 2 == 63 && !ebb::thread_sanitized;
    const bytes steps(data + 1, size - 1);
    threads == 1 ? alone(steps, forks) : together(steps, threads, forks);
    const ebb_ledger after = ebb::engine::read_ledger();
    if (after.requested != before.requested || after.slack != before.slack ||
        after.allocations - before.allocations != after.frees - before.frees) {
        fail("the ledger isn't where it was");
    }
    ebb::engine::validate();
    return 0;
}
