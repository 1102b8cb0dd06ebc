// The map suite's keys, clock, plan and reports, on figures that are known.
#include <ebb/bench/peers/keys.h>
#include <ebb/bench/peers/plan.h>
#include <ebb/bench/peers/stopwatch.h>
#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/peers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <time.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::peers;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

template <class Key>
void check_keys(key_kind kind) {
    const auto some = make_keys<Key>(kind, 0, 5000, false);
    auto same = make_keys<Key>(kind, 0, 5000, true);
    const auto others = make_keys<Key>(kind, 5000, 5000, true);
    EXPECT_NE(same, some);
    std::set<Key> all(some.begin(), some.end());
    EXPECT_EQ(all.size(), 5000u);
    EXPECT_EQ(std::set<Key>(same.begin(), same.end()), all);
    all.insert(others.begin(), others.end());
    EXPECT_EQ(all.size(), 10000u);
    std::set<std::uint64_t> heads;
    for (const Key& k : some) {
        heads.insert(head_of(k));
    }
    // A text's head is its last eight digits: two may meet, but not many.
    EXPECT_GT(heads.size(), 4990u);
}

// The clocks in the test's hands: while they are held, work and waiting are what it says.
bool clocks_held = false;
std::uint64_t wall_ns = 0;
std::uint64_t cpu_ns = 0;

void work(std::uint64_t ns) {
    wall_ns += ns;
    cpu_ns += ns;
}

void wait(std::uint64_t ns) {
    wall_ns += ns;
}

constexpr block hundred{key_kind::random, 100'000, 8};

// hit 10 and 20 ns, and so on: what is best differs by column.
map_result known_result() {
    map_result r;
    r.maps = {{"hash_map", "/bin/a", "ebb::hash_map", "0.1.0", ""},
              {"boost_flat", "/bin/b", "boost", "1_81", ""},
              {"absl_flat", "/bin/c", "absl", "20220623", ""},
              {"robin", "", "", "", "not installed: apt install robin-map-dev"}};
    r.plan.wanted.assign(columns().begin(), columns().end());
    r.plan.blocks = {hundred};
    const auto put = [&r](const std::string& column, double own, double boost, double absl) {
        r.values[hundred][column] = {
            {"hash_map", {own}}, {"boost_flat", {boost}}, {"absl_flat", {absl}}};
    };
    put("insert", 10, 20, 40);
    put("hit", 20, 10, 20);
    put("miss", 40, 40, 20);
    put("iterate", 40, 40, 20);
    put("erase", 30, 20, 60);
    r.values[hundred]["peak"]["hash_map"] = {1.25, 1.05, 1.07};
    r.values[hundred]["none"]["hash_map"] = {300'000};
    r.values[hundred]["insert-worst"]["hash_map"] = {450'000};
    r.beside = {"boost_flat", "absl_flat"};
    r.rounds = 3;
    return r;
}

std::string line_with(const std::string& text, const std::string& start) {
    const std::size_t at = text.find('\n' + start);
    return at == std::string::npos ? "no line " + start
                                   : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

} // namespace

// The linker puts it in clock_gettime's place (CMakeLists.txt): the stopwatch has no seam.
extern "C" int __real_clock_gettime(clockid_t which, timespec* now);
extern "C" int __wrap_clock_gettime(clockid_t which, timespec* now) {
    if (!clocks_held) {
        return __real_clock_gettime(which, now);
    }
    const std::uint64_t ns = which == CLOCK_THREAD_CPUTIME_ID ? cpu_ns : wall_ns;
    now->tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    now->tv_nsec = static_cast<long>(ns % 1'000'000'000);
    return 0;
}

TEST(map_keys, are_distinct_and_the_same_in_any_order) {
    check_keys<std::int64_t>(key_kind::random);
    check_keys<std::int64_t>(key_kind::sequential);
    check_keys<std::string>(key_kind::string);
    EXPECT_EQ(make_keys<std::int64_t>(key_kind::sequential, 7, 3, false),
              (std::vector<std::int64_t>{7, 8, 9}));
    const auto text = make_keys<std::string>(key_kind::string, 0, 1, false).front();
    EXPECT_EQ(text.size() + 1, bytes_behind(key_kind::string));
    EXPECT_EQ(bytes_behind(key_kind::random), 0u);
    EXPECT_EQ(key_kind_of("string"), key_kind::string);
    EXPECT_EQ(key_kind_of("text"), std::nullopt);
}

TEST(map_stopwatch, counts_work_and_takes_waiting_off) {
    clocks_held = true;
    std::vector<std::uint32_t> laps(4 + 1024);
    stopwatch watch(laps.data());
    work(100);
    watch.lap();
    wait(30'000'000);
    watch.lap();
    work(20'000'000);
    watch.lap();
    wait(7'000'000);
    work(500);
    watch.lap();
    EXPECT_THAT(std::vector(laps.begin(), laps.begin() + 4),
                ElementsAre(100u, 0u, 20'000'000u, 500u));
    // Waiting that is too short to be suspected, until the lap that compares.
    for (int lap = 0; lap < 1024; ++lap) {
        work(600);
        wait(lap < 1000 ? 1 : 0);
        watch.lap();
    }
    clocks_held = false;
    EXPECT_EQ(laps[4], 601u);
    EXPECT_EQ(laps[4 + 1022], 600u);
    EXPECT_EQ(laps[4 + 1023], 0u) << "600 less the 1,000 that it was kept waiting before";
}

TEST(map_plan, runs_what_fills_the_chosen_columns) {
    map_choice c{{"hit", "teeth"}, {key_kind::random}, {1000}, {}, {8, 128}};
    const map_plan plan = make_map_plan(c, std::nullopt);
    EXPECT_THAT(plan.scenarios, ElementsAre("lookups", "saw-tooth"));
    ASSERT_EQ(plan.wanted.size(), 2u);
    EXPECT_THAT(plan.blocks,
                ElementsAre(block{key_kind::random, 1000, 8}, block{key_kind::random, 1000, 128}));
    c.only = {"latency"};
    EXPECT_THAT(make_map_plan(c, std::nullopt).scenarios, ElementsAre("latency"));
}

TEST(map_plan, notes_what_does_not_fit) {
    const map_choice c{{}, {key_kind::random}, {1'000'000, 10'000'000}, {}, {128}};
    const map_plan plan = make_map_plan(c, 2'000'000'000);
    EXPECT_THAT(plan.blocks, ElementsAre(block{key_kind::random, 1'000'000, 128}));
    ASSERT_EQ(plan.notes.size(), 1u);
    EXPECT_THAT(plan.notes.front(), HasSubstr("random keys, 10000000 x 128 bytes: not run, needs"));
}

TEST(map_plan, every_column_has_a_name_and_a_figure_of_its_own) {
    std::set<std::string> names;
    std::set<std::pair<std::string_view, std::string_view>> figures;
    for (const std::string& name : names_of_columns()) {
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    for (const column& c : columns()) {
        EXPECT_TRUE(figures.insert({c.scenario, c.figure}).second) << c.key;
        EXPECT_TRUE(names.contains(std::string(c.key)));
        EXPECT_TRUE(names.contains(std::string(c.table)));
    }
}

TEST(map_report, compares_with_the_better_of_the_two) {
    const map_result r = known_result();
    const auto own = compare_beside(r, hundred, "hash_map");
    ASSERT_TRUE(own);
    // 10 20 40 40 beside 20 10 40 40 and 40 20 20 20: each of the three multiplies to 320,000.
    EXPECT_DOUBLE_EQ(own->mean, 1);
    // By row the least are 20 10 20 20: a half, and 2 three times.
    EXPECT_NEAR(own->mean_of_least, std::pow(0.5 * 2 * 2 * 2, 0.25), 1e-9);
    EXPECT_DOUBLE_EQ(own->worst, 2);
    EXPECT_EQ(own->worst_column, "hit");
    EXPECT_DOUBLE_EQ(*own->erase, 1.5);
    EXPECT_FALSE(compare_beside(r, hundred, "robin"));
    map_result alone = r;
    alone.beside = {"robin"};
    EXPECT_FALSE(compare_beside(alone, hundred, "hash_map"));
}

TEST(map_report, has_medians_spreads_units_and_what_is_missing) {
    map_result r = known_result();
    r.failures = {"lookups of x: lost"};
    const std::string text = maps_table(r);
    EXPECT_THAT(text, HasSubstr("== random keys, 100,000 entries, values of 8 bytes: 1.60 MB"));
    EXPECT_THAT(text, HasSubstr("1.07 ±0.02"));
    EXPECT_THAT(text, HasSubstr(" 0.30 ±0.00"));
    EXPECT_THAT(text, HasSubstr(" 0.45 ±0.00"));
    EXPECT_THAT(text, HasSubstr("\nrobin: not installed: apt install robin-map-dev\n"));
    EXPECT_THAT(text, HasSubstr("\nfailed: lookups of x: lost\n"));
    EXPECT_THAT(text, HasSubstr("2.00 (hit)"));
    EXPECT_THAT(line_with(text, "robin "), HasSubstr("no line"));
}

TEST(map_report, figures_have_three_digits_that_count) {
    EXPECT_EQ(peers::figure(1.0612, unit::ratio), "1.06");
    EXPECT_EQ(peers::figure(287'408'128, unit::megabytes), "287");
    EXPECT_EQ(peers::figure(240'000, unit::megabytes), "0.24");
    EXPECT_EQ(peers::figure(45.67, unit::nanoseconds), "45.7");
    EXPECT_EQ(peers::figure(370'000, unit::milliseconds), "0.37");
    EXPECT_EQ(peers::figure(-0.0, unit::megabytes), "0.00");
}

TEST(map_report, columns_line_up_beside_signs_of_two_bytes) {
    const std::string text =
        grid({{"a", side::left}, {"b", side::right}}, {{"x", "1 ±2"}, {"y", "1234"}});
    EXPECT_EQ(text, "a     b\nx  1 ±2\ny  1234\n");
}

TEST(map_report, json_holds_every_round_and_null_for_what_is_absent) {
    const auto report = nlohmann::json::parse(maps_json(known_result()));
    EXPECT_EQ(report["rounds"], 3);
    EXPECT_EQ(report["maps"][3]["missing"], "not installed: apt install robin-map-dev");
    const auto& one = report["blocks"][0];
    EXPECT_EQ(one["keys"], "random");
    EXPECT_EQ(one["count"], 100'000);
    EXPECT_EQ(one["columns"].size(), columns().size());
    const auto& peak = one["columns"][0];
    EXPECT_EQ(peak["column"], "peak");
    EXPECT_EQ(peak["unit"], "ratio");
    EXPECT_EQ(peak["cells"]["hash_map"]["median"], 1.07);
    EXPECT_EQ(peak["cells"]["hash_map"]["most"], 1.25);
    EXPECT_EQ(peak["cells"]["hash_map"]["runs"].size(), 3u);
    EXPECT_TRUE(peak["cells"]["robin"].is_null());
    EXPECT_EQ(one["over_the_better"]["hash_map"]["worst"], 2);
}
