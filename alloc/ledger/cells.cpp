#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/ledger/cells.h>
#include <ebb/alloc/os/pages.h>

#include <pthread.h>

#include <atomic>
#include <new>

namespace ebb::ledger_cells {

constinit os::lock registry;
constinit os::lock sharing;
constinit thread_local record* mine = nullptr;

namespace {

constinit os::thread_records<record> records;
constinit record overflow{
    {}, {}, nullptr, os::record_owner(os::record_owner::everybody::here), true};
constinit std::atomic<bool> has_overflow{false};
constinit std::atomic<bool> is_set_up{false};
constinit std::atomic<bool> has_key{false};
pthread_key_t exit_key;

// The record keeps its totals; the next thread to join goes on from them. A destructor of the
// thread that charges later still joins again, and this one is then run again.
void leave(void* left) {
    mine = nullptr;
    records.leave(*static_cast<record*>(left));
}

// Only the thread that forked lives on in the child; the others' totals wait to be taken over.
void after_fork_in_child() {
    records.forget_others(mine != nullptr && mine->is_shared ? nullptr : mine);
    registry.reset();
    sharing.reset();
    finish_in_child();
}

void set_up() noexcept {
    if (!is_set_up.exchange(true)) {
        has_key = ::pthread_key_create(&exit_key, leave) == 0;
        static_cast<void>(::pthread_atfork(nullptr, nullptr, after_fork_in_child));
    }
}

record& find_or_map() noexcept {
    if (record* const waiting = records.take_any()) {
        return *waiting;
    }
    const std::size_t bytes = align_up(sizeof(record), os::page_size());
    void* const pages = os::map(bytes, os::page_size());
    if (pages != nullptr) {
        auto* const r = new (pages) record;
        records.add(*r);
        return *r;
    }
    if (!has_overflow.exchange(true)) {
        records.add_for_all(overflow);
    }
    return overflow;
}

} // namespace

record& join() noexcept {
    set_up();
    record& r = find_or_map();
    mine = &r;
    if (!r.is_shared && has_key) {
        static_cast<void>(::pthread_setspecific(exit_key, &r));
    }
    return r;
}

record* first_record() noexcept {
    return records.first();
}

} // namespace ebb::ledger_cells
