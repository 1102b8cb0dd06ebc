#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/os/clock.h>

#include <algorithm>
#include <cstring>

namespace ebb::engine {

constinit central_bin central[bin_count];

namespace {

// Loose slots of a bin: 256 KiB of small ones, four caches' worth of larger, none above 32 KiB.
// They move in batches, at a tenth of what a slot's way through its span costs.
constexpr std::size_t loose_capacity(std::size_t bin) noexcept {
    const std::size_t slot = traits[bin].slot;
    return slot <= 1 * kib ? 256 * kib / slot : slot <= 32 * kib ? 4 * cache_capacity(bin) : 0;
}

} // namespace

std::size_t central_bin::take(std::size_t bin, void** out, std::size_t want) noexcept {
    const os::lock_guard hold(guard_);
    if (loose_count_.get() != 0) {
        const auto n = std::min<std::size_t>(want, loose_count_.get());
        loose_count_.subtract(bounded<std::uint32_t>(n));
        loose_least_ = std::min(loose_least_, loose_count_.get());
        std::memcpy(out, loose_ + loose_count_.get(), n * sizeof(void*));
        return n;
    }
    std::size_t got = 0;
    while (got < want) {
        span* s = partial_.front();
        if (s == nullptr) {
            if (got != 0 || heap_closed() || (s = page_heap::take_slots(bin)) == nullptr) {
                break;
            }
            ++spans_;
            span_bytes_.add(s->bytes());
            slots_free_.add(s->slot_count);
            partial_.push_front(s);
        }
        if (s == empty_) {
            empty_ = nullptr;
        }
        const std::size_t n = s->take(out + got, want - got);
        got += n;
        slots_free_.subtract(n);
        if (s->free_slots == 0) {
            partial_.remove(s);
            if (s->blank) { // every slot has been out: from here on free ones carry their mark
                s->enter_map(false);
            }
        }
    }
    slots_out_.add(got);
    std::reverse(out, out + got); // the caller pops from the end: addresses rise
    return got;
}

void central_bin::give(std::size_t bin, void* const* slots, std::size_t count) noexcept {
    const os::lock_guard hold(guard_);
    const std::size_t capacity = loose_capacity(bin);
    std::size_t loose = std::min(count, capacity - loose_count_.get());
    if (loose != 0 && loose_ == nullptr) {
        loose_ = static_cast<void**>(metadata::allocate(capacity * sizeof(void*)));
        loose = loose_ == nullptr ? 0 : loose;
    }
    if (loose != 0) {
        std::memcpy(loose_ + loose_count_.get(), slots + (count - loose), loose * sizeof(void*));
        loose_count_.add(bounded<std::uint32_t>(loose));
    }
    for (std::size_t i = 0; i < count - loose; ++i) {
        put_back(bin, slots[i]);
    }
}

void central_bin::settle_all(std::size_t bin, void* const* slots, std::size_t count) noexcept {
    const os::lock_guard hold(guard_);
    for (std::size_t i = 0; i < count; ++i) {
        put_back(bin, slots[i]);
    }
}

void central_bin::put_back(std::size_t bin, void* slot) noexcept {
    span* const s = spans.find(address_of(slot)).owner();
    if (!s->put_back(traits[bin].index(address_of(slot) - s->base))) {
        misuse(misuse_kind::double_free, slot, traits[bin].slot);
    }
    slots_out_.subtract(1);
    slots_free_.add(1);
    if (s->free_slots == 1 && !s->purging) {
        partial_.push_front(s);
    }
    if (!s->queued && s->purgeable()) {
        s->queued = true;
        s->stamp = os::coarse_milliseconds();
        queue_.push_back(s);
        purge::expect(s->bytes());
    }
    if (s->free_slots == s->slot_count && !s->purging) {
        settle(s);
    }
}

// An empty span stays while it is the only one, and goes back to the page heap otherwise.
void central_bin::settle(span* s) noexcept {
    if (empty_ == nullptr) {
        empty_ = s;
        return;
    }
    drop(s);
}

void central_bin::drop(span* s) noexcept {
    partial_.remove(s);
    if (s->queued) {
        s->queued = false;
        queue_.remove(s);
    }
    --spans_;
    span_bytes_.subtract(s->bytes());
    slots_free_.subtract(s->slot_count);
    page_heap::give(s);
}

bool central_bin::purge(std::size_t bin, std::uint32_t now, std::uint32_t age) noexcept {
    bool loose_wait = false;
    {
        const os::lock_guard hold(guard_);
        const std::uint32_t still = age == 0 ? loose_count_.get() : loose_least_;
        for (std::uint32_t i = 0; i < still; ++i) { // the oldest lie lowest
            put_back(bin, loose_[i]);
        }
        loose_count_.subtract(still);
        if (still != 0) {
            std::memmove(loose_, loose_ + still, loose_count_.get() * sizeof(void*));
        }
        loose_least_ = loose_count_.get();
        loose_wait = loose_count_.get() != 0;
    }
    return purge_spans(now, age) || loose_wait;
}

bool central_bin::purge_spans(std::uint32_t now, std::uint32_t age) noexcept {
    for (;;) {
        guard_.acquire();
        span* const s = queue_.front();
        if (s == nullptr || !s->aged(now, age)) {
            guard_.release();
            return s != nullptr;
        }
        queue_.remove(s);
        s->queued = false;
        if (s->free_slots == 0) {
            guard_.release();
            continue;
        }
        // Out of the list, so that no slot is taken while its page goes; slots may be put back.
        partial_.remove(s);
        s->purging = true;
        s->enter_map(true);
        guard_.release();
        s->purge_pages();
        guard_.acquire();
        s->purging = false;
        partial_.push_back(s);
        if (s->free_slots == s->slot_count && s != empty_) {
            settle(s);
        }
        guard_.release();
    }
}

void central_bin::drop_empty() noexcept {
    const os::lock_guard hold(guard_);
    if (empty_ != nullptr && !empty_->purging) {
        drop(empty_);
        empty_ = nullptr;
    }
}

bool central_bin::holds(const void* slot) noexcept {
    const os::lock_guard hold(guard_);
    return std::find(loose_, loose_ + loose_count_.get(), slot) != loose_ + loose_count_.get();
}

central_bin::totals central_bin::read() const noexcept {
    return {slots_out_.get() - loose_count_.get(), loose_count_.get(), slots_free_.get(),
            span_bytes_.get()};
}

void central_bin::pages_out(const span* s, unsigned char* out) noexcept {
    const os::lock_guard hold(guard_);
    s->pages_out(out);
}

void central_bin::validate(std::size_t bin) noexcept {
    const os::lock_guard hold(guard_);
    std::uint64_t free_slots = 0;
    for (const span* s = partial_.front(); s != nullptr; s = partial_.next(s)) {
        EBB_CHECK_AT(s->bin == bin && s->state == span_state::slots && s->free_slots != 0,
                     "central: a span in the wrong list", s->start());
        s->validate();
        free_slots += s->free_slots;
    }
    EBB_CHECK(free_slots == slots_free_.get(), "central: free slots miscounted");
    EBB_CHECK(spans_ * span::slots_of(bin) == slots_free_.get() + slots_out_.get(),
              "central: slots miscounted");
    EBB_CHECK(loose_count_.get() <= slots_out_.get(),
              "central: more loose slots than there are out");
}

} // namespace ebb::engine
