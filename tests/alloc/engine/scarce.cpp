// No memory: at every mapping in turn, from every mapping on, under limits of the system, and for
// the engine's own tables alone. After each failure the blocks and the ledger are as before.
//
// The linker puts a function of ours in the place of os::kernel::map() (see CMakeLists.txt): the
// engine itself has no seam.
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/alloc/engine/held_clock.h>
#include <tests/alloc/engine/trace.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/refuse.h>
#include <tests/support/wait.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace {

// Mappings from `fail_from` on fail, `fail_count` of them; the first is 0.
std::atomic<std::uint64_t> mappings{0};
std::atomic<std::uint64_t> fail_from{UINT64_MAX};
std::atomic<std::uint64_t> fail_count{0};

} // namespace

// os::kernel::map() by the names that the linker's --wrap gives.
extern "C" long __real__ZN3ebb2os6kernel3mapEmi(std::size_t, int) noexcept; // NOLINT
extern "C" long __wrap__ZN3ebb2os6kernel3mapEmi(std::size_t bytes,
                                                int protection) noexcept { // NOLINT
    const std::uint64_t n = mappings++;
    if (n >= fail_from && n - fail_from < fail_count) {
        return -ENOMEM;
    }
    return __real__ZN3ebb2os6kernel3mapEmi(bytes, protection);
}

namespace {

using namespace ebb; // NOLINT: a test's own file

void fail(std::uint64_t from, std::uint64_t count) {
    fail_count = count;
    fail_from = from;
}

// Children, so that every run begins with a heap that has nothing yet.
using tests::refuse;
using tests::status_of_child;

void random_steps(tests::trace& t, std::uint64_t seed, int count) {
    tests::random_engine random(seed);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t bytes = random();
        t.step(bytes & 255, bytes >> 8 & 255, bytes >> 16 & 255, bytes >> 24 & 255);
    }
}

// What touches every place that maps: small and large blocks, batches from thread to thread, a
// second and a third thread's cache. Returns how many mappings it made.
std::uint64_t run_trace(std::uint64_t seed) {
    const std::uint64_t before = mappings;
    engine::load();
    tests::trace::options chosen;
    chosen.may_fail = true;
    tests::trace t(chosen);
    random_steps(t, seed, 1500);
    t.verify_all();
    engine::validate();
    for (std::uint64_t n = 1; n <= 2; ++n) {
        std::thread([&] { random_steps(t, seed + n, 500); }).join();
    }
    // Through a cache and the central bin's stack and back.
    std::vector<void*> many;
    for (int i = 0; i < 3000; ++i) {
        many.push_back(engine::allocate(48));
    }
    for (void* p : many) {
        engine::deallocate(p);
    }
    t.verify_all();
    engine::validate();
    const std::uint64_t made = mappings - before;
    fail(UINT64_MAX, 0);
    tests::trace fresh({}); // and everything works again
    random_steps(fresh, seed, 500);
    fresh.finish();
    t.verify_all();
    static_cast<void>(engine::purge::all());
    engine::validate();
    return made;
}

TEST(scarce, survives_a_failure_at_every_mapping_in_turn) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    // How many there are, by a pipe of eight bytes.
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(status_of_child([&] {
                  const std::uint64_t n = run_trace(seed);
                  if (write(ends[1], &n, sizeof n) != sizeof n) {
                      _exit(1);
                  }
              }),
              0);
    std::uint64_t sites = 0;
    ASSERT_EQ(read(ends[0], &sites, sizeof sites), ssize_t{sizeof sites});
    close(ends[0]);
    close(ends[1]);
    EXPECT_GE(sites, 5U);
    for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{2}, UINT64_MAX}) {
        for (std::uint64_t n = 0; n < sites && !testing::Test::HasFailure(); ++n) {
            EXPECT_EQ(status_of_child([&] {
                          fail(mappings + n, count);
                          run_trace(seed);
                      }),
                      0)
                << count << " mappings fail from " << n << " on";
        }
    }
}

// Free blocks without end, and no memory for the tables that a new span needs.
TEST(scarce, survives_the_end_of_its_tables) {
    EXPECT_EQ(status_of_child([] {
                  engine::load();
                  // No free run is so long that its addresses go, nor are they too many.
                  void* between[160];
                  for (void*& p : between) {
                      p = engine::allocate(std::size_t{16} << 20);
                  }
                  for (std::size_t i = 0; i < std::size(between); i += 4) {
                      engine::deallocate(between[i]);
                  }
                  void* const kept = engine::allocate(100);
                  fail(0, UINT64_MAX);
                  const ebb_ledger before = engine::read_ledger();
                  std::vector<void*> blocks;
                  blocks.reserve(1'000'000);
                  for (;;) {
                      errno = 0;
                      void* const p = engine::allocate(8192);
                      if (p == nullptr) {
                          break;
                      }
                      blocks.push_back(p);
                  }
                  const ebb_ledger full = engine::read_ledger();
                  const bool right = errno == ENOMEM && full.idle > (std::size_t{100} << 20) &&
                                     full.requested - before.requested == blocks.size() * 8192 &&
                                     engine::usable_size(kept) >= 100;
                  engine::validate();
                  for (void* p : blocks) {
                      engine::deallocate(p);
                  }
                  engine::validate();
                  // The tables of the spans that went serve others now.
                  void* const p = engine::allocate(8000);
                  engine::deallocate(p);
                  _exit(right && p != nullptr ? 0 : 1);
              }),
              0);
}

// In steps smaller than a region, so that regions are cut down to what the limit allows.
void fill_under(__rlimit_resource_t kind) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    for (std::size_t room = 0; room <= 24 * mib && !testing::Test::HasFailure();
         room += 1300 * kib) {
        EXPECT_EQ(status_of_child([&] {
                      engine::load();
                      std::vector<void*> blocks;
                      blocks.reserve(200'000);
                      std::ifstream status("/proc/self/status");
                      std::size_t used = 0;
                      for (std::string word; status >> word;) {
                          if (word == (kind == RLIMIT_AS ? "VmSize:" : "VmData:")) {
                              status >> used;
                          }
                      }
                      rlimit limit{};
                      getrlimit(kind, &limit);
                      limit.rlim_cur = used * 1024 + room;
                      setrlimit(kind, &limit);
                      std::size_t counts[2] = {};
                      for (std::size_t& count : counts) {
                          tests::random_engine random(seed); // the same blocks both times
                          const ebb_ledger before = engine::read_ledger();
                          std::size_t bytes = 0;
                          for (;;) {
                              constexpr std::size_t sizes[] = {48, 500, 1000, 3000};
                              const std::size_t n = sizes[tests::below(random, 4)];
                              errno = 77;
                              void* const p = engine::allocate(n);
                              if (p == nullptr) {
                                  break;
                              }
                              if (errno != 77) {
                                  _exit(2);
                              }
                              std::memset(p, 1, n);
                              blocks.push_back(p);
                              bytes += n;
                          }
                          if (errno != ENOMEM ||
                              engine::read_ledger().requested - before.requested != bytes) {
                              _exit(3);
                          }
                          engine::validate();
                          for (void* p : blocks) {
                              engine::deallocate(p);
                          }
                          engine::validate();
                          count = blocks.size();
                          blocks.clear();
                      }
                      // A MiB for tables and what stays in pieces; of the rest most is given.
                      if (counts[0] * 1137 + 3 * mib < room - room / 5 ||
                          counts[1] * 10 < counts[0] * 8) {
                          std::fprintf(stderr, "%zu and %zu blocks of %zu bytes\n", counts[0],
                                       counts[1], room);
                          _exit(4);
                      }
                  }),
                  0)
            << room << " bytes left";
    }
}

TEST(scarce, uses_what_an_address_space_limit_leaves) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow is above every limit";
    }
    fill_under(RLIMIT_AS);
}

// As under vm.overcommit_memory=2: what may be written counts, touched or not.
TEST(scarce, uses_what_a_limit_of_data_leaves) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow is above every limit";
    }
    fill_under(RLIMIT_DATA);
}

std::vector<std::string> map_lines(const char* file = "/proc/self/maps") {
    std::vector<std::string> lines;
    std::ifstream maps(file);
    for (std::string line; std::getline(maps, line);) {
        lines.push_back(line);
    }
    return lines;
}

constexpr int not_here = 3;

// A sandbox, or a kernel before 4.14: caches can't be emptied from outside, all else goes on.
TEST(scarce, counts_exactly_without_a_barrier_on_all_processors) {
    const int status = status_of_child([] {
        if (!refuse(SYS_membarrier, ENOSYS)) {
            _exit(not_here);
        }
        engine::load();
        const ebb_ledger before = engine::read_ledger();
        std::vector<void*> blocks(400);
        for (int round = 0; round < 50; ++round) {
            std::thread maker([&blocks] {
                for (std::size_t i = 0; i < blocks.size(); ++i) {
                    blocks[i] = engine::allocate(i * 40);
                }
            });
            static_cast<void>(engine::purge::all());
            maker.join();
            std::thread taker([&blocks] {
                for (void* p : blocks) {
                    engine::deallocate(p);
                }
            });
            static_cast<void>(engine::purge::all());
            taker.join();
            engine::validate();
        }
        _exit(engine::read_ledger().requested == before.requested ? 0 : 1);
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no seccomp here";
    }
    EXPECT_EQ(status, 0);
}

// Where no thread may be had, calls do its work.
TEST(scarce, purges_by_calls_where_no_thread_may_be_had) {
    const int status = status_of_child([] {
        engine::load();
        if (!refuse(SYS_clone, EAGAIN)) {
            _exit(not_here);
        }
        const auto peak = [] {
            std::vector<void*> blocks(50'000);
            for (void*& p : blocks) {
                p = engine::allocate(1000);
                std::memset(p, 1, 1000);
            }
            for (void* p : blocks) {
                engine::deallocate(p);
            }
        };
        const tests::held_clock clock;
        peak();
        peak();
        for (int i = 0; i < 200; ++i) { // four seconds of a program that goes on with little
            tests::held_clock::advance(20);
            engine::deallocate(engine::allocate(5 << 20));
        }
        engine::validate();
        const ebb_resident after = engine::read_resident();
        _exit(after.resident < 15'000'000 ? 0 : 1);
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no seccomp here";
    }
    EXPECT_EQ(status, 0);
}

// Purged pages lie between live ones by the ten thousand: no mapping may come of that
// (vm.max_map_count is 65,530).
TEST(scarce, makes_few_mappings_of_a_heap_in_pieces) {
    engine::load();
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    const std::size_t before = map_lines().size();
    std::vector<void*> blocks(tests::sanitized ? 20'000 : 100'000, nullptr);
    for (int round = 0; round < 4; ++round) {
        for (void*& p : blocks) {
            if (p == nullptr) {
                p = engine::allocate(tests::below(random, 100) == 0
                                         ? 70'000 + tests::below(random, 500'000)
                                         : tests::below(random, 6000));
            }
        }
        for (void*& p : blocks) {
            if (tests::below(random, 10) != 0) {
                engine::deallocate(p);
                p = nullptr;
            }
        }
        static_cast<void>(engine::purge::all());
    }
    const ebb_resident resident = engine::read_resident();
    EXPECT_LT(resident.resident, resident.mapped / 2) << "nothing was purged";
    EXPECT_LT(map_lines().size(), before + 60);
    for (void* p : blocks) {
        engine::deallocate(p);
    }
}

// With transparent huge pages everywhere the kernel would fill what was given back. It leaves
// mappings alone that say so: `nh` in smaps.
TEST(scarce, keeps_huge_pages_away_from_all_of_its_heap) {
    if (map_lines("/sys/kernel/mm/transparent_hugepage/enabled").empty()) {
        GTEST_SKIP() << "a kernel without huge pages";
    }
    engine::load();
    void* const p = engine::allocate(std::size_t{50} << 20);
    std::size_t marked = 0;
    bool inside = false;
    for (const std::string& line : map_lines("/proc/self/smaps")) {
        std::uintptr_t from = 0;
        std::uintptr_t to = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
            inside = from <= address_of(p) && address_of(p) < to;
        }
        if (inside && line.starts_with("VmFlags:")) {
            EXPECT_NE(line.find(" nh"), std::string::npos) << line;
            ++marked;
        }
    }
    EXPECT_EQ(marked, 1U);
    engine::deallocate(p);
}

// By hand, as root: half a minute, and the system's setting is another meanwhile.
//     build/release/tests/test_engine_scarce --gtest_also_run_disabled_tests
//     --gtest_filter='*always*'
TEST(scarce, DISABLED_stays_small_through_scans_with_huge_pages_always) {
    const std::string folder = "/sys/kernel/mm/transparent_hugepage/";
    struct setting {
        std::string path;
        std::string value;
        explicit setting(const std::string& p, const char* wanted) : path(p) {
            value = map_lines(p.c_str()).at(0);
            if (const std::size_t at = value.find('['); at != std::string::npos) {
                value = value.substr(at + 1, value.find(']') - at - 1);
            }
            std::ofstream(path) << wanted;
        }
        ~setting() { std::ofstream(path) << value; }
    };
    const setting enabled(folder + "enabled", "always");
    const setting scan(folder + "khugepaged/scan_sleep_millisecs", "50");
    ASSERT_NE(map_lines((folder + "enabled").c_str()).at(0).find("[always]"), std::string::npos)
        << "takes root";
    engine::load();
    std::vector<void*> blocks(1'000'000);
    for (void*& p : blocks) {
        p = engine::allocate(128);
        std::memset(p, 1, 128);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i % 1000 != 0) {
            engine::deallocate(blocks[i]);
        }
    }
    static_cast<void>(engine::purge::all());
    const ebb_resident before = engine::read_resident();
    const auto scans = [&folder] {
        return std::stoull(map_lines((folder + "khugepaged/full_scans").c_str()).at(0));
    };
    const auto begun = scans();
    tests::wait_until([&] { return scans() - begun > 20; }); // the kernel saw each page 20 times
    const ebb_resident after = engine::read_resident();
    std::printf("resident: %zu bytes, after 20 scans %zu\n", std::size_t{before.resident},
                std::size_t{after.resident});
    EXPECT_LE(after.resident, before.resident + mib);
}

} // namespace
