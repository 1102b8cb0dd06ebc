#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/own_thread.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace ebb::engine {

constinit shared<std::uint32_t> companion::asleep{0};

namespace {

constinit companion::mode wanted = companion::mode::automatic;
constinit os::create_function create = nullptr; // libc's

enum state : std::uint32_t {
    none,     // no thread
    starting, // one is being made
    here,     // there is one
    leaving,  // it was told to end, and may still be told to stay
    handed,   // it was told to end, and somebody will join it
};
constinit shared<std::uint32_t> now{none};
constinit shared<std::uint32_t> turn{0};      // moves when the thread is to look up
constinit pthread_t thread{};                 // from `here` on
constinit shared<std::uint32_t> gives_way{0}; // the program was refused a thread

constinit shared<std::uint32_t> alive{0};
constinit thread_local bool counted = false;

// What a thread of the program's is to do, in memory of the tables': it isn't the program's.
struct errand {
    companion::start_function start;
    void* argument;
};

void look_up() noexcept {
    turn.fetch_add(1);
    os::futex_wake(turn, 1);
}

bool move(std::uint32_t from, std::uint32_t to) noexcept {
    return now.compare_exchange_strong(from, to);
}

bool stays() noexcept {
    const std::uint32_t is = now.load();
    return is == here || is == starting;
}

void sleep(bool waits) noexcept {
    const std::uint32_t before = turn.load();
    const std::uint32_t ms = purge::purge_ms();
    if (waits) {
        os::futex_wait(turn, before, static_cast<long>(std::max<std::uint32_t>(ms / 4, 1)));
        return;
    }
    companion::asleep.store(1);
    // What came between the last sweep and this store woke nobody.
    if (!purge::sweep() && stays()) {
        os::futex_wait(turn, before);
    }
    companion::asleep.store(0);
}

void work() noexcept {
    for (;;) {
        bool waits = true;
        while (stays()) {
            sleep(waits);
            if (stays()) { // a last sweep would empty caches that the next thread takes up
                waits = purge::sweep();
            }
        }
        purge::relieve();
        if (move(leaving, none)) {
            static_cast<void>(::pthread_detach(::pthread_self()));
            return;
        }
        if (move(handed, none)) {
            return;
        }
    } // a second thread has come again
}

bool is_called_for() noexcept {
    return wanted == companion::mode::on || alive.load() >= 2;
}

void let_go() noexcept {
    if (!is_called_for() && move(here, leaving)) {
        look_up();
    }
}

// Starts the thread, or keeps one that was about to end.
void ensure() noexcept {
    if (wanted == companion::mode::off || create == nullptr || gives_way.load() != 0 ||
        purge::purge_ms() == purge::never || move(leaving, here)) {
        return;
    }
    if (!move(none, starting)) {
        return;
    }
    if (os::start_own_thread(create, work, thread) == 0) {
        now.store(here);
        let_go(); // the others may have ended meanwhile
    } else {
        now.store(none); // the next thread of the program's tries again
    }
}

// Ends the thread so that the program can have one in its place. False where there was none.
bool give_way() noexcept {
    if (!move(here, handed) && !move(leaving, handed)) {
        return false;
    }
    gives_way.store(1);
    look_up();
    static_cast<void>(::pthread_join(thread, nullptr));
    return true;
}

void* run(void* memory) {
    const errand what = *static_cast<errand*>(memory);
    metadata::deallocate(memory, sizeof(errand));
    counted = true; // by who created it
    watch_thread_end();
    return what.start(what.argument);
}

void one_less() noexcept {
    if (alive.fetch_add(0 - 1U) <= 2) {
        gives_way.store(0);
        let_go();
    }
}

} // namespace

void companion::configure(mode m) noexcept {
    wanted = m;
}

void companion::load(os::create_function libc_create) noexcept {
    create = libc_create;
    if (wanted != mode::off) {
        os::note_processors();
    }
    if (wanted == mode::on) {
        ensure();
    }
}

int companion::create_thread(pthread_t* out, const pthread_attr_t* attributes, start_function start,
                             void* argument) noexcept {
    void* memory = nullptr;
    if (const slow_call here; here) {
        memory = metadata::allocate(sizeof(errand));
    }
    if (memory == nullptr) {
        return create(out, attributes, start, argument); // it counts from its first malloc
    }
    ::new (memory) errand{start, argument};
    count_thread();
    alive.fetch_add(1);
    ensure();
    int result = create(out, attributes, run, memory);
    if (result == EAGAIN && give_way()) {
        result = create(out, attributes, run, memory);
    }
    if (result != 0) {
        metadata::deallocate(memory, sizeof(errand));
        one_less();
    }
    return result;
}

void companion::count_thread() noexcept {
    if (!counted) {
        counted = true;
        alive.fetch_add(1);
    }
}

void companion::thread_ends() noexcept {
    if (counted) {
        counted = false;
        one_less();
    }
}

void companion::wake_it() noexcept {
    if (asleep.exchange(0) != 0) {
        look_up();
    }
}

void companion::in_child() noexcept {
    now.store(none);
    asleep.store(0);
    gives_way.store(0);
    alive.store(counted ? 1 : 0);
}

} // namespace ebb::engine
