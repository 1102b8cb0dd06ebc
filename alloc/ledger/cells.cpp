#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/ledger/cells.h>
#include <ebb/alloc/os/pages.h>

#include <pthread.h>

#include <new>

namespace ebb::ledger_cells {

constinit std::mutex registry;
constinit thread_local record* mine = nullptr;

namespace {

constinit record* records = nullptr;
constinit record overflow;
constinit bool is_set_up = false;
constinit bool has_key = false;
pthread_key_t exit_key;

// The record keeps its totals; the next thread to join goes on from them. A destructor of the
// thread that charges later still joins again, and this one is then run again.
void leave(void* left) {
    const std::lock_guard lock(registry);
    static_cast<record*>(left)->is_owned = false;
    mine = nullptr;
}

// Only the thread that forked lives on in the child; the others' totals wait to be taken over.
void after_fork_in_child() {
    for (record* r = records; r != nullptr; r = r->next) {
        r->is_owned = r == mine;
    }
    registry.unlock();
}

void set_up() noexcept {
    if (!is_set_up) {
        is_set_up = true;
        has_key = ::pthread_key_create(&exit_key, leave) == 0;
        ::pthread_atfork([] { registry.lock(); }, [] { registry.unlock(); }, after_fork_in_child);
    }
}

record* find_or_map() noexcept {
    for (record* r = records; r != nullptr; r = r->next) {
        if (!r->is_owned && !r->is_shared) {
            return r;
        }
    }
    const std::size_t bytes = align_up(sizeof(record), os::page_size());
    void* const pages = os::map(bytes, os::page_size());
    record* r = &overflow;
    if (pages == nullptr) {
        if (overflow.is_shared) {
            return r;
        }
        r->is_shared = true;
    } else {
        r = new (pages) record;
    }
    r->next = records;
    records = r;
    return r;
}

} // namespace

record& join() noexcept {
    const std::lock_guard lock(registry);
    set_up();
    record* const r = find_or_map();
    mine = r;
    if (!r->is_shared) {
        r->is_owned = true;
        if (has_key) {
            ::pthread_setspecific(exit_key, r);
        }
    }
    return *r;
}

record* first_record() noexcept {
    return records;
}

} // namespace ebb::ledger_cells
