#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/clock.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ebb::engine {

constinit central_bin central[bin_count];

namespace {

std::int64_t bytes_of(std::size_t pages) noexcept {
    return static_cast<std::int64_t>(pages << os::page_shift());
}

} // namespace

// Counts how a bin's pages move, and tells the process's sums once, at the end. Under the bin's
// lock.
class central_bin::page_account {
  public:
    explicit page_account(central_bin& bin) noexcept : bin_(bin) {}
    ~page_account() {
        const auto page = static_cast<std::int64_t>(os::page_size());
        bin_.idle_pages_ += idle_;
        sums::add(sums::waiting, idle_ * page);
        sums::add(sums::unreturned, refused_ * page);
    }
    page_account(const page_account&) = delete;
    page_account& operator=(const page_account&) = delete;

    /// Around a change of a span's pages, or one of them where the span comes or goes.
    void add_idle(std::uint32_t pages) noexcept { idle_ += pages; }
    void before(const span& s) noexcept {
        idle_ -= s.idle_pages;
        refused_ -= s.refused_pages;
    }
    void after(const span& s) noexcept {
        idle_ += s.idle_pages;
        refused_ += s.refused_pages;
    }

  private:
    central_bin& bin_;
    std::int64_t idle_ = 0;
    std::int64_t refused_ = 0;
};

std::size_t central_bin::take(std::size_t bin, void** out, std::size_t want) noexcept {
    std::size_t got = 0;
    std::size_t fresh_pages = 0;
    guard_.acquire();
    if (loose_count_.get() != 0) {
        got = std::min<std::size_t>(want, loose_count_.get());
        loose_count_.subtract(bounded<std::uint32_t>(got));
        loose_least_ = std::min(loose_least_, loose_count_.get());
        std::memcpy(out, loose_ + loose_count_.get(), got * sizeof(void*));
        guard_.release();
        return got;
    }
    while (partial_.empty() && !heap_closed()) {
        // A region may have to be mapped for it: not under this lock. Two threads that come here at
        // once get a span each.
        guard_.release();
        span* const s = page_heap::take_slots(bin);
        guard_.acquire();
        if (s == nullptr) {
            break;
        }
        page_account account(*this);
        account.after(*s);
        ++spans_;
        span_bytes_.add(s->bytes());
        slots_free_.add(s->slot_count);
        partial_.push_front(s);
        if (s->idle_pages != 0) {
            wait_for_purge(s, s->stamp); // its run's
        }
    }
    // The lowest comes last: the caller pops from the end, and addresses rise.
    take_from_spans(out + want, want, got, fresh_pages);
    guard_.release();
    sums::add(sums::needed, bytes_of(fresh_pages));
    if (got != want) {
        std::memmove(out, out + (want - got), got * sizeof(void*));
    }
    return got;
}

void central_bin::take_from_spans(void** end, std::size_t want, std::size_t& got,
                                  std::size_t& fresh_pages) noexcept {
    page_account account(*this);
    while (got < want) {
        span* const s = partial_.front();
        if (s == nullptr) {
            break;
        }
        if (s == empty_) {
            empty_ = nullptr;
        }
        account.before(*s);
        const std::size_t n = s->take(end - got, want - got, fresh_pages);
        account.after(*s);
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
}

void central_bin::give(std::size_t bin, void* const* slots, std::size_t count) noexcept {
    std::size_t loose = 0;
    if (loose_capacity(bin) != 0) {
        guard_.acquire();
        if (loose_ == nullptr && !loose_is_coming_) {
            make_loose(bin);
        }
        if (loose_ != nullptr && count != 0) {
            loose = std::min<std::size_t>(count, loose_capacity(bin) - loose_count_.get());
            std::memcpy(loose_ + loose_count_.get(), slots + (count - loose),
                        loose * sizeof(void*));
            loose_count_.add(bounded<std::uint32_t>(loose));
        }
        guard_.release();
    }
    if (count != loose) {
        settle_all(bin, slots, count - loose);
    }
}

// Memory for the stack of loose slots, at the first give. It may have to be mapped: so not under
// the lock, which is held again after this.
void central_bin::make_loose(std::size_t bin) noexcept {
    loose_is_coming_ = true;
    guard_.release();
    void* const memory = metadata::allocate(loose_capacity(bin) * sizeof(void*));
    guard_.acquire();
    loose_ = static_cast<void**>(memory);
    loose_is_coming_ = false;
}

void central_bin::settle_all(std::size_t bin, void* const* slots, std::size_t count) noexcept {
    const std::uint32_t now = os::coarse_milliseconds();
    guard_.acquire();
    put_all_back(bin, slots, count, now);
    let_go();
}

// What putting a slot back needs, looked up once for many.
struct central_bin::back {
    std::size_t bin;
    std::uint32_t now;
    span::layout spans_of{bin};
};

// Requires the lock. let_go() follows.
void central_bin::put_all_back(std::size_t bin, void* const* slots, std::size_t count,
                               std::uint32_t now) noexcept {
    page_account account(*this);
    const back how{bin, now};
    for (std::size_t i = 0; i < count; ++i) {
        put_back(how, slots[i], account);
    }
    slots_out_.subtract(count);
}

void central_bin::stop_at_double_free(const void* slot, std::size_t bin) noexcept {
    guard_.release(); // whoever waits for it gets on, and so does the report
    misuse(misuse_kind::double_free, slot, traits[bin].slot);
}

inline void central_bin::put_back(const back& how, void* slot, page_account& account) noexcept {
    const page_entry entry = spans.find(address_of(slot));
    if (entry.tag() != how.bin)
        [[unlikely]] { // its span has gone since it came back the first time
        stop_at_double_free(slot, how.bin);
    }
    span* const s = entry.owner();
    std::uint32_t became_idle = 0;
    if (!s->put_back(address_of(slot) - s->base, how.spans_of, became_idle)) [[unlikely]] {
        stop_at_double_free(slot, how.bin);
    }
    slots_free_.add(1);            // drop() takes a span's away
    if (s->purging) [[unlikely]] { // give_back() has it, and does the rest
        account.add_idle(became_idle);
        return;
    }
    if (s->free_slots == 1) {
        partial_.push_front(s);
    }
    if (became_idle != 0) {
        account.add_idle(became_idle);
        if (s->idle_pages == became_idle) { // what it waited for before was taken again
            stop_waiting(s);
        }
        wait_for_purge(s, how.now);
    }
    if (s->free_slots == s->slot_count) {
        settle(s, account);
    }
}

void central_bin::wait_for_purge(span* s, std::uint32_t now) noexcept {
    if (!s->queued) {
        s->queued = true;
        s->stamp = now;
        queue_.push_back(s);
        waiting_spans_.add(1);
    }
}

void central_bin::stop_waiting(span* s) noexcept {
    if (s->queued) {
        s->queued = false;
        queue_.remove(s);
        waiting_spans_.subtract(1);
    }
}

// An empty span stays while it is the only one, and goes back to the page heap otherwise.
void central_bin::settle(span* s, page_account& account) noexcept {
    if (empty_ == nullptr) {
        empty_ = s;
        return;
    }
    drop(s, account);
}

// The page heap gets it when the lock is released: let_go().
void central_bin::drop(span* s, page_account& account) noexcept {
    partial_.remove(s);
    stop_waiting(s);
    s->leave_map();
    --spans_;
    span_bytes_.subtract(s->bytes());
    slots_free_.subtract(s->slot_count);
    account.before(*s);
    leaving_.push_front(s);
}

// Releases the lock and gives the page heap what was dropped under it.
void central_bin::let_go() noexcept {
    intrusive_list<span> gone = std::exchange(leaving_, {});
    guard_.release();
    while (span* const s = gone.front()) {
        gone.remove(s);
        page_heap::give(s);
    }
}

bool central_bin::settle_loose(std::size_t bin, bool all) noexcept {
    if (loose_count_.get() == 0) {
        return false;
    }
    const std::uint32_t now = os::coarse_milliseconds();
    guard_.acquire();
    const std::uint32_t still = all ? loose_count_.get() : loose_least_;
    if (still != 0) { // the oldest lie lowest
        put_all_back(bin, loose_, still, now);
        loose_count_.subtract(still);
        std::memmove(loose_, loose_ + still, loose_count_.get() * sizeof(void*));
    }
    loose_least_ = loose_count_.get();
    const bool left = loose_count_.get() != 0;
    let_go();
    return left;
}

// The span whose pages waited longest, out of the queue; null where none has waited long enough.
span* central_bin::oldest_waiting(std::uint32_t now, std::uint32_t age) noexcept {
    for (;;) {
        span* const s = queue_.front();
        if (s == nullptr || (s->idle_pages != 0 && !s->aged(now, age))) {
            return nullptr;
        }
        stop_waiting(s);
        if (s->idle_pages != 0) {
            return s;
        }
    }
}

std::size_t central_bin::give_back(std::size_t most, std::uint32_t now,
                                   std::uint32_t age) noexcept {
    std::size_t tried = 0;
    while (tried < most) {
        guard_.acquire();
        span* const s = oldest_waiting(now, age);
        if (s == nullptr) {
            guard_.release();
            break;
        }
        tried += give_back_of(s, std::max((most - tried) >> os::page_shift(), std::size_t{1}));
    }
    return tried;
}

// Gives pages of one span, which is in no queue. Releases the lock. Returns their bytes.
std::size_t central_bin::give_back_of(span* s, std::size_t most_pages) noexcept {
    span::page_run runs[span::most_runs];
    std::size_t count = 0;
    std::size_t pages = 0;
    // Out of the list, so that no slot is taken while its page goes; slots may be put back. It
    // isn't in it where all slots are out and pages behind the last of them go.
    if (s->free_slots != 0) {
        partial_.remove(s);
    }
    s->purging = true;
    if (!s->blank) {
        s->enter_map(true);
    }
    {
        page_account account(*this);
        account.before(*s);
        pages = s->idle_pages;
        count = s->take_idle_pages(most_pages, runs);
        pages -= s->idle_pages;
        account.after(*s);
    }
    guard_.release();
    bool refused = false;
    for (std::size_t i = 0; i < count; ++i) {
        void* const at = advance(s->start(), std::size_t{runs[i].first} << os::page_shift());
        if (os::try_release(at, std::size_t{runs[i].count} << os::page_shift())) {
            runs[i].count = 0;
        } else {
            refused = true;
        }
    }
    guard_.acquire();
    {
        page_account account(*this);
        if (refused) {
            account.before(*s);
            std::for_each(runs, runs + count, [&](const auto& run) { s->keep_refused(run); });
            account.after(*s);
        }
        s->purging = false;
        if (s->free_slots != 0) {
            partial_.push_back(s);
        }
        if (s->idle_pages != 0) { // left over, or come meanwhile
            wait_for_purge(s, s->stamp);
        }
        if (s->free_slots == s->slot_count && s != empty_) {
            settle(s, account);
        }
    }
    let_go();
    return pages << os::page_shift();
}

void central_bin::forget_refusals() noexcept {
    const os::lock_guard hold(guard_);
    page_account account(*this);
    for (span* s = partial_.front(); s != nullptr; s = partial_.next(s)) {
        if (s->refused_pages != 0) {
            account.before(*s);
            s->forget_refusals();
            account.after(*s);
            wait_for_purge(s, s->stamp);
        }
    }
}

void central_bin::drop_empty() noexcept {
    guard_.acquire();
    if (empty_ != nullptr && !empty_->purging) {
        page_account account(*this);
        drop(empty_, account);
        empty_ = nullptr;
    }
    let_go();
}

bool central_bin::holds(const void* slot) noexcept {
    const os::lock_guard hold(guard_);
    return std::find(loose_, loose_ + loose_count_.get(), slot) != loose_ + loose_count_.get();
}

central_bin::totals central_bin::read() const noexcept {
    return {slots_out_.get() - loose_count_.get(), loose_count_.get(), slots_free_.get(),
            span_bytes_.get()};
}

central_bin::extent central_bin::pages_out(std::size_t bin, std::uintptr_t address,
                                           unsigned char* out) noexcept {
    const os::lock_guard hold(guard_); // keeps a span that the page map names one of this bin's
    const page_entry entry = spans.find_entered(address);
    if (entry.tag() != bin) {
        return {};
    }
    entry.owner()->pages_out(out);
    return {entry.owner()->base, entry.owner()->bytes()};
}

void central_bin::validate(std::size_t bin) noexcept {
    const os::lock_guard hold(guard_);
    std::uint64_t free_slots = 0;
    std::int64_t idle = 0;
    for (const span* s = partial_.front(); s != nullptr; s = partial_.next(s)) {
        EBB_CHECK_AT(s->bin == bin && s->state == span_state::slots && s->free_slots != 0,
                     "central: a span in the wrong list", s->start());
        s->validate();
        free_slots += s->free_slots;
        EBB_CHECK_AT(s->idle_pages == 0 || s->queued, "central: idle pages that don't wait",
                     s->start());
    }
    for (const span* s = queue_.front(); s != nullptr; s = queue_.next(s)) {
        idle += s->idle_pages;
    }
    EBB_CHECK(idle == idle_pages_, "central: idle pages miscounted");
    EBB_CHECK(free_slots == slots_free_.get(), "central: free slots miscounted");
    EBB_CHECK(spans_ * span::slots_of(bin) == slots_free_.get() + slots_out_.get(),
              "central: slots miscounted");
    EBB_CHECK(loose_count_.get() <= slots_out_.get(),
              "central: more loose slots than there are out");
}

} // namespace ebb::engine
