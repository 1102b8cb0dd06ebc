// Operations on the engine from bytes, against a naive model: what fuzzing, random tests and fault
// injection have in common. A broken promise stops the program with its line and the step.
//
// Four bytes are a step: what to do, and three for sizes, alignments and which block. Bytes of any
// length and content are a trace.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace tests {

#define TRACE_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "trace.h:%d: step %zu: not so: %s\n", __LINE__, steps_,           \
                         #condition);                                                              \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)

struct trace_block {
    unsigned char* at = nullptr;
    std::size_t size = 0;
    unsigned char fill = 0;
};

/// Where blocks pass from thread to thread: who finds one there owns it.
struct trace_mailbox {
    static constexpr std::size_t places = 16;
    std::atomic<trace_block*> place[places] = {};
};

class trace {
  public:
    struct options {
        bool shared = false;               ///< others use the heap: its sums are checked at the end
        bool may_fail = false;             ///< null is an answer
        std::size_t most_live = 256;       ///< blocks
        std::size_t most_bytes = 64 << 20; ///< of live blocks
        trace_mailbox* mailbox = nullptr;
    };

    explicit trace(const options& chosen) : options_(chosen) {
        blocks_.reserve(chosen.most_live + 1);
        before_ = ebb::engine::read_ledger();
    }
    trace(const trace&) = delete;
    trace& operator=(const trace&) = delete;

    void run(std::span<const std::uint8_t> bytes) {
        for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
            step(bytes[0], bytes[1], bytes[2], bytes[3]);
        }
    }

    void step(unsigned what, unsigned a, unsigned b, unsigned c) {
        ++steps_;
        const std::size_t n = (b + 256 * c) * (std::size_t{65536} + 16 * b) >> (16 + a % 20);
        const std::size_t size = a % 64 == 0 ? n * 64 : a % 64 == 1 ? SIZE_MAX - b : n;
        switch (what % 16) {
        case 0:
        case 1:
        case 2:
        case 3:
            add(ebb::engine::allocate(ready(size)), size, c);
            break;
        case 4:
            add_zeroed(size, c);
            break;
        case 5:
            add_aligned(size, std::size_t{1} << (what / 16 + b % 8), c);
            break;
        case 6:
        case 7:
        case 8:
            resize(b, size);
            break;
        case 9:
            fill_usable(b);
            break;
        case 10:
            exchange(b, c);
            break;
        case 11:
            if (what / 16 == 0) {
                static_cast<void>(ebb::engine::purge::all());
            } else if (what / 16 == 1) {
                ebb::engine::validate();
            }
            break;
        default:
            drop(b + 256 * c);
        }
        while (live_bytes_ > options_.most_bytes || blocks_.size() > options_.most_live) {
            drop(0);
        }
        if (!options_.shared) {
            check();
        }
    }

    /// Every block still holds what was written, and frees all but what it gave away.
    void finish() {
        while (!blocks_.empty()) {
            drop(0);
        }
        if (!options_.shared) {
            check();
        }
    }

    void verify_all() const {
        for (const trace_block& block : blocks_) {
            verify(block, block.size);
        }
    }

    void check() const {
        const ebb_ledger now = ebb::engine::read_ledger();
        TRACE_CHECK(now.requested - before_.requested == live_bytes_);
        TRACE_CHECK(now.allocations - before_.allocations == allocations_);
        TRACE_CHECK(now.frees - before_.frees == frees_);
        TRACE_CHECK(now.mapped == now.requested + now.slack + now.dead + now.idle + now.overhead);
        TRACE_CHECK(now.idle <= now.mapped && now.slack <= now.mapped);
        TRACE_CHECK(now.peak_requested >= now.requested && now.peak_mapped >= now.mapped);
    }

    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    [[nodiscard]] std::uint64_t allocations() const { return allocations_; }

  private:
    static constexpr int untouched = 77;

    // The size itself; what stands in errno must stand there after a success.
    static std::size_t ready(std::size_t size) {
        errno = untouched;
        return size;
    }

    // Whether the call gave a block.
    bool gave(const void* p, std::size_t size) {
        if (p != nullptr) {
            TRACE_CHECK(errno == untouched);
            return true;
        }
        TRACE_CHECK(errno == ENOMEM);
        TRACE_CHECK(options_.may_fail || size > PTRDIFF_MAX);
        ++failures_;
        return false;
    }

    void add(void* p, std::size_t size, unsigned fill) {
        if (!gave(p, size)) {
            return;
        }
        TRACE_CHECK(ebb::is_aligned(p, 16));
        TRACE_CHECK(ebb::engine::usable_size(p) >= size);
        const trace_block block{static_cast<unsigned char*>(p), size,
                                static_cast<unsigned char>(fill | 1)};
        write(block, size);
        blocks_.push_back(block);
        live_bytes_ += size;
        ++allocations_;
    }

    void add_zeroed(std::size_t size, unsigned fill) {
        auto* const p = static_cast<unsigned char*>(ebb::engine::allocate_zeroed(ready(size)));
        for (std::size_t i = 0; p != nullptr && i < size; ++i) {
            TRACE_CHECK(p[i] == 0);
        }
        add(p, size, fill);
    }

    void add_aligned(std::size_t size, std::size_t alignment, unsigned fill) {
        void* const p = ebb::engine::allocate_aligned(ready(size), alignment);
        TRACE_CHECK(p == nullptr || ebb::is_aligned(p, alignment));
        add(p, size, fill);
    }

    void resize(std::size_t which, std::size_t size) {
        if (blocks_.empty()) {
            return;
        }
        trace_block& block = blocks_[which % blocks_.size()];
        void* const p = ebb::engine::reallocate(block.at, ready(size));
        if (!gave(p, size)) {
            verify(block, block.size);
            return;
        }
        block.at = static_cast<unsigned char*>(p);
        verify(block, size < block.size ? size : block.size);
        live_bytes_ += size - block.size;
        block.size = size;
        write(block, size);
    }

    void fill_usable(std::size_t which) {
        if (!blocks_.empty()) {
            const trace_block& block = blocks_[which % blocks_.size()];
            write(block, ebb::engine::usable_size(block.at));
        }
    }

    // A block of ours for what lies there.
    void exchange(std::size_t which, std::size_t place) {
        if (options_.mailbox == nullptr) {
            return;
        }
        trace_block* ours = nullptr;
        if (!blocks_.empty()) {
            trace_block& block = blocks_[which % blocks_.size()];
            ours = new trace_block(block);
            live_bytes_ -= block.size;
            block = blocks_.back();
            blocks_.pop_back();
        }
        trace_block* const theirs =
            options_.mailbox->place[place % trace_mailbox::places].exchange(ours);
        if (theirs != nullptr) {
            verify(*theirs, theirs->size);
            live_bytes_ += theirs->size;
            blocks_.push_back(*theirs);
            delete theirs;
        }
    }

    void drop(std::size_t which) {
        if (blocks_.empty()) {
            return;
        }
        trace_block& block = blocks_[which % blocks_.size()];
        verify(block, block.size);
        errno = untouched;
        ebb::engine::deallocate(block.at);
        TRACE_CHECK(errno == untouched);
        live_bytes_ -= block.size;
        ++frees_;
        block = blocks_.back();
        blocks_.pop_back();
    }

    // Of long blocks both ends: what lies between is whole pages' business.
    static constexpr std::size_t edge = 600;

    static void write(const trace_block& block, std::size_t bytes) {
        if (bytes <= 2 * edge) {
            std::memset(block.at, block.fill, bytes);
            return;
        }
        std::memset(block.at, block.fill, edge);
        std::memset(block.at + bytes - edge, block.fill, edge);
    }

    void verify(const trace_block& block, std::size_t bytes) const {
        for (std::size_t i = 0; i < bytes; ++i) {
            if (i == edge && bytes == block.size && bytes > 2 * edge) {
                i = bytes - edge;
            }
            if (i >= edge && bytes != block.size) {
                return; // grown or cut: its front alone
            }
            TRACE_CHECK(block.at[i] == block.fill);
        }
    }

    options options_;
    ebb_ledger before_{};
    std::vector<trace_block> blocks_;
    std::size_t live_bytes_ = 0; // wraps where blocks came from others: it is added up in the end
    std::uint64_t allocations_ = 0;
    std::uint64_t frees_ = 0;
    std::uint64_t failures_ = 0;
    std::size_t steps_ = 0;
};

} // namespace tests
