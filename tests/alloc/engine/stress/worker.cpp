#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/heap.h>

#include <tests/alloc/engine/stress/worker.h>

#include <cstring>

namespace stress {
namespace {

namespace engine = ebb::engine;
using tests::below;

constexpr std::size_t most_blocks = 256;
constexpr std::size_t most_bytes = 32 * ebb::mib;

// Of a long block both ends are written and read: what lies between is whole pages.
constexpr std::size_t edge = 600;

void write(const block& b, std::size_t bytes) {
    if (bytes <= 2 * edge) {
        std::memset(b.at, b.fill, bytes);
        return;
    }
    std::memset(b.at, b.fill, edge);
    std::memset(b.at + bytes - edge, b.fill, edge);
}

void expect(const block& b, std::size_t from, std::size_t to, unsigned char value) {
    for (std::size_t i = from; i < to; ++i) {
        if (b.at[i] != value) {
            fail("byte %zu of a block of %zu bytes at %p is %u, not %u", i, b.size,
                 static_cast<void*>(b.at), b.at[i], value);
        }
    }
}

// The first `bytes` as far as they were written; the other end too where that is the whole block.
void verify(const block& b, std::size_t bytes) {
    if (b.size <= 2 * edge) {
        expect(b, 0, bytes, b.fill);
        return;
    }
    expect(b, 0, std::min(bytes, edge), b.fill);
    if (bytes == b.size) {
        expect(b, bytes - edge, bytes, b.fill);
    }
}

void* checked(void* p, std::size_t size) {
    if (p == nullptr) {
        fail("no memory for %zu bytes", size);
    }
    return p;
}

} // namespace

exchange::~exchange() {
    for (auto& place : at_) {
        delete place.load();
    }
}

std::unique_ptr<parcel> exchange::swap(std::size_t place, std::unique_ptr<parcel> mine) {
    return std::unique_ptr<parcel>(at_[place].exchange(mine.release()));
}

void worker::step() {
    switch (below(random_, 64)) {
    case 0:
    case 1:
    case 2:
        add_zeroed();
        break;
    case 3:
    case 4:
    case 5:
        add_aligned();
        break;
    case 6:
    case 7:
        use_all_of_one();
        break;
    case 8:
    case 9:
        trade();
        break;
    case 10:
        if (below(random_, 8) == 0) {
            burst();
        }
        break;
    default:
        switch (below(random_, 5)) {
        case 0:
        case 1: {
            const std::size_t n = size();
            add(engine::allocate(n), n);
            break;
        }
        case 2:
            resize();
            break;
        default:
            drop(random_());
        }
    }
    while (live_bytes_ > most_bytes || blocks_.size() > most_blocks) {
        drop(random_());
    }
}

void worker::drop_all() {
    while (!blocks_.empty()) {
        drop(0);
    }
}

void worker::take_all() {
    for (std::size_t place = 0; place < exchange::places; ++place) {
        if (const auto theirs = others_.swap(place, nullptr)) {
            for (const block& b : *theirs) {
                live_bytes_ += b.size;
                blocks_.push_back(b);
            }
        }
    }
}

// Log-uniform: most are small, one in eight is up to 4 MiB, one in 1024 larger than a thread keeps.
std::size_t worker::size() {
    const std::size_t kind = below(random_, 1024);
    if (kind == 0) {
        return 4 * ebb::mib + below(random_, 8 * ebb::mib);
    }
    return 1 + below(random_, std::size_t{1} << below(random_, kind < 128 ? 23 : 13));
}

void worker::add(void* p, std::size_t size) {
    const block b{static_cast<unsigned char*>(checked(p, size)), size,
                  static_cast<unsigned char>(random_() | 1)};
    books_.allocated(size);
    if (!ebb::is_aligned(p, 16) || engine::usable_size(p) < size) {
        fail("%zu bytes at %p: aligned to less than 16, or %zu usable", size, p,
             engine::usable_size(p));
    }
    write(b, size);
    blocks_.push_back(b);
    live_bytes_ += size;
}

void worker::add_zeroed() {
    const std::size_t n = size();
    const block b{static_cast<unsigned char*>(checked(engine::allocate_zeroed(n), n)), n, 0};
    verify(b, n);
    add(b.at, n);
}

void worker::add_aligned() {
    const std::size_t n = size();
    const std::size_t alignment = std::size_t{1} << below(random_, 18);
    void* const p = engine::allocate_aligned(n, alignment);
    if (!ebb::is_aligned(p, alignment)) {
        fail("%p isn't aligned to %zu", p, alignment);
    }
    add(p, n);
}

void worker::resize() {
    if (blocks_.empty()) {
        return;
    }
    block& b = blocks_[below(random_, blocks_.size())];
    // Now and then by a little, where it stands.
    const std::size_t n = below(random_, 4) == 0 ? b.size + below(random_, 64) : size();
    b.at = static_cast<unsigned char*>(checked(engine::reallocate(b.at, n), n));
    verify(b, std::min(n, b.size));
    books_.change(static_cast<std::int64_t>(n) - static_cast<std::int64_t>(b.size));
    live_bytes_ += n - b.size;
    b.size = n;
    write(b, n);
}

void worker::use_all_of_one() {
    if (!blocks_.empty()) {
        const block& b = blocks_[below(random_, blocks_.size())];
        write(b, engine::usable_size(b.at));
        write(b, b.size);
    }
}

void worker::drop(std::size_t which) {
    if (blocks_.empty()) {
        return;
    }
    block& b = blocks_[which % blocks_.size()];
    verify(b, b.size);
    engine::deallocate(b.at);
    books_.freed(b.size);
    live_bytes_ -= b.size;
    b = blocks_.back();
    blocks_.pop_back();
}

// Some blocks of ours for what lies there.
void worker::trade() {
    auto mine = std::make_unique<parcel>();
    for (std::size_t n = below(random_, 8); n > 0 && !blocks_.empty(); --n) {
        std::swap(blocks_[below(random_, blocks_.size())], blocks_.back());
        live_bytes_ -= blocks_.back().size;
        mine->push_back(blocks_.back());
        blocks_.pop_back();
    }
    const auto theirs = others_.swap(below(random_, exchange::places), std::move(mine));
    if (theirs != nullptr) {
        for (const block& b : *theirs) {
            verify(b, b.size);
            live_bytes_ += b.size;
            blocks_.push_back(b);
        }
    }
}

// More blocks of a size than a cache holds, for another thread to free: whole batches go through
// the central bin.
void worker::burst() {
    constexpr std::size_t usual[] = {16, 50, 64, 1000}; // threads meet in these bins
    const std::size_t n = below(random_, 4) != 0
                              ? usual[below(random_, std::size(usual))]
                              : 1 + below(random_, std::size_t{1} << below(random_, 12));
    auto mine = std::make_unique<parcel>();
    for (std::size_t count = below(random_, 2 * ebb::mib / (n + 1024)); count > 0; --count) {
        add(engine::allocate(n), n);
        live_bytes_ -= n;
        mine->push_back(blocks_.back());
        blocks_.pop_back();
    }
    auto theirs = others_.swap(below(random_, exchange::places), std::move(mine));
    if (theirs == nullptr) {
        return;
    }
    std::swap(blocks_, *theirs);
    while (!blocks_.empty()) {
        live_bytes_ += blocks_.back().size;
        drop(blocks_.size() - 1);
    }
    std::swap(blocks_, *theirs);
}

} // namespace stress
