#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/size_class.h>
#include <ebb/alloc/engine/snapshot.h>

#include <tests/alloc/engine/stress/actors.h>
#include <tests/support/wait.h>

#include <thread>
#include <vector>

namespace stress {
namespace {

namespace engine = ebb::engine;
using tests::below;

// Up to `most` milliseconds without a call.
void nap(tests::random_engine& random, std::size_t most) {
    tests::idle(below(random, 1000 * most));
}

} // namespace

void work(const stage& s) {
    constexpr std::uint64_t counted = 64;
    worker w(s.others, s.seed);
    while (s.quiet_points.goes_on(w.count())) {
        for (std::uint64_t i = 0; i < counted; ++i) {
            w.step();
        }
        s.quiet_points.count(counted);
        if (below(w.random(), 64) == 0) {
            nap(w.random(), 30); // several looks of the sweep, which come every 5 ms
        }
    }
    w.drop_all();
    s.quiet_points.hand_in(w.count());
}

void start_threads(const stage& s) {
    tests::random_engine random(s.seed);
    books mine;
    while (s.quiet_points.goes_on(mine)) {
        const std::size_t count = 1 + below(random, most_short_lived);
        std::vector<books> theirs(count);
        std::vector<std::thread> threads;
        for (books& their : theirs) {
            const std::uint64_t seed = random();
            threads.emplace_back([&s, &their, seed] {
                worker w(s.others, seed);
                for (std::size_t steps = below(w.random(), 200); steps > 0; --steps) {
                    w.step();
                }
                w.drop_all();
                their = w.count();
            });
        }
        for (std::thread& t : threads) {
            t.join();
        }
        for (const books& their : theirs) {
            mine.add(their);
        }
        nap(random, 2);
    }
}

void purge(const stage& s) {
    tests::random_engine random(s.seed);
    books none;
    while (s.quiet_points.goes_on(none)) {
        static_cast<void>(engine::purge::all());
        if (below(random, 16) == 0) {
            nap(random, 20); // time for the sweep by age
        }
    }
}

void look(const stage& s) {
    tests::random_engine random(s.seed);
    books none;
    while (s.quiet_points.goes_on(none)) {
        const ebb_ledger l = engine::read_ledger();
        if (l.idle != EBB_ABSENT &&
            l.mapped != l.requested + l.slack + l.dead + l.idle + l.overhead) {
            fail("a snapshot's terms don't add up to its mapped bytes");
        }
        ebb_heap_class classes[engine::class_count + 1];
        if (engine::read_classes(classes, engine::class_count + 1) != engine::class_count + 1) {
            fail("a snapshot has another number of classes");
        }
        const ebb_resident pages = engine::read_resident();
        if (pages.resident != EBB_ABSENT && // a fork took long
            pages.resident != pages.live + pages.idle + pages.overhead) {
            fail("resident pages are counted twice, or not at all");
        }
        nap(random, 2);
    }
}

} // namespace stress
