#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/counted/counters.h>
#include <ebb/alloc/counted/early.h>
#include <ebb/alloc/counted/next.h>
#include <ebb/alloc/counted/remainders.h>
#include <ebb/alloc/os/pages.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace ebb::counted::early {
namespace {

struct entry_of {
    void* p;
    std::size_t requested;
};

constexpr std::size_t first_bytes = 64 * kib;

// Under the lock, but for the flags.
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
constinit entry_of* list = nullptr;
constinit std::size_t list_bytes = 0;
constinit std::size_t used = 0;
constinit std::atomic<bool> has_ended{false};
constinit std::atomic<bool> complete{true};
constinit std::atomic<bool> waits{false}; // something is in the list

void unmap_list() noexcept {
    if (list != nullptr) {
        os::unmap(list, list_bytes);
    }
}

// Twice the room; false where it can't be had.
bool grow() noexcept {
    const int error = errno;
    const std::size_t bytes = list == nullptr ? first_bytes : 2 * list_bytes;
    auto* const more = static_cast<entry_of*>(os::map_as_is(bytes, os::page_size()));
    errno = error;
    if (more == nullptr) {
        return false;
    }
    std::copy_n(list, used, more);
    unmap_list();
    list = more;
    list_bytes = bytes;
    return true;
}

} // namespace

void end() noexcept {
    has_ended.store(true, std::memory_order_relaxed);
}

void never_ends() noexcept {
    end();
    complete.store(false, std::memory_order_relaxed);
    remainders::give_up();
}

void keep(void* p, std::size_t requested) noexcept {
    if (has_ended.load(std::memory_order_relaxed)) {
        if (requested != 0) {
            remainders::give_up();
        }
        return;
    }
    self.set(has_early, true);
    ::pthread_mutex_lock(&lock);
    if ((used + 1) * sizeof(entry_of) <= list_bytes || grow()) {
        list[used++] = {.p = p, .requested = requested};
        waits.store(true, std::memory_order_relaxed);
    } else {
        complete.store(false, std::memory_order_relaxed);
        remainders::give_up();
    }
    ::pthread_mutex_unlock(&lock);
}

std::size_t take(void* p) noexcept {
    std::size_t requested = 0;
    if (!waits.load(std::memory_order_relaxed)) {
        return requested;
    }
    ::pthread_mutex_lock(&lock);
    for (std::size_t i = used; i-- > 0;) { // the youngest first: most live shortly
        if (list[i].p == p) {
            requested = list[i].requested;
            list[i] = list[--used];
            waits.store(used != 0, std::memory_order_relaxed);
            break;
        }
    }
    ::pthread_mutex_unlock(&lock);
    return requested;
}

void settle(void* p) noexcept {
    if (next.malloc_usable_size(p) == 0) {
        return;
    }
    end();
    self.set(has_early, false);
    ::pthread_mutex_lock(&lock);
    for (std::size_t i = 0; i < used; ++i) {
        const entry_of e = list[i];
        const std::size_t usable = next.malloc_usable_size(e.p);
        remainders::keep(e.p, usable, e.requested);
        exchange({.requested = e.requested, .usable = 0},
                 {.requested = e.requested, .usable = usable});
    }
    unmap_list();
    list = nullptr;
    list_bytes = 0;
    used = 0;
    waits.store(false, std::memory_order_relaxed);
    ::pthread_mutex_unlock(&lock);
}

bool are_settled() noexcept {
    return complete.load(std::memory_order_relaxed) && !waits.load(std::memory_order_relaxed);
}

} // namespace ebb::counted::early
