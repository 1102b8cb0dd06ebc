// The map suite itself: its maps agree, a wrong one is seen, a short run has its figures.
#include <ebb/bench/peers/runner.h>
#include <ebb/bench/peers/subjects.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/scratch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/support/printed.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::peers;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

printed suite_run(std::vector<std::string> arguments) {
    return program_run(EBB_BENCH_MAPS, std::move(arguments));
}

// Those that are built in this preset: all, or with a sanitizer the repository's own and std.
std::vector<map_subject> built() {
    auto all = find_maps(EBB_PEERS);
    std::erase_if(all, [](const map_subject& m) { return !m.missing.empty(); });
    return all;
}

// The environment of a wrong map's process.
class wrong_way {
  public:
    explicit wrong_way(const std::string& how) { ::setenv("EBB_WRONG", how.c_str(), 1); }
    wrong_way(const wrong_way&) = delete;
    wrong_way& operator=(const wrong_way&) = delete;
    ~wrong_way() { ::unsetenv("EBB_WRONG"); }
};

constexpr const char* every_scenario[]{
    "growth",       "shrinking",    "trimmed",   "latency",    "saw-tooth",   "eighths",
    "eighths-held", "count-insert", "count-hit", "count-miss", "count-erase", "count-iterate",
    "insert",       "lookups",      "erase",     "copy",       "trace"};

} // namespace

TEST(map_run, maps_agree_on_a_random_trace) {
    const auto maps = built();
    ASSERT_GE(maps.size(), 2u);
    for (const char* const kind : {"random", "sequential", "string"}) {
        for (const char* const bytes : {"8", "32", "128", "1024", "1400"}) {
            std::string digest;
            for (const map_subject& m : maps) {
                const printed p = program_run(m.program, {"trace", kind, "500", bytes});
                ASSERT_TRUE(p.end.good()) << m.name << ": " << p.end.reason();
                ASSERT_THAT(p.text, StartsWith("digest\t"));
                EXPECT_EQ(p.text, digest.empty() ? p.text : digest) << m.name << ' ' << kind;
                digest = p.text;
            }
        }
    }
}

TEST(map_run, wrong_maps_are_seen) {
    // How the map is wrong, and in which scenarios that must end the process.
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
        {"lost",
         {"shrinking", "trimmed", "latency", "saw-tooth", "eighths", "eighths-held", "count-insert",
          "count-hit", "count-miss", "count-erase", "count-iterate", "insert", "lookups", "erase",
          "copy", "trace"}},
        {"value",
         {"saw-tooth", "eighths", "eighths-held", "count-hit", "count-iterate", "lookups",
          "trace"}},
        {"kept",
         {"shrinking", "trimmed", "saw-tooth", "eighths", "eighths-held", "count-erase", "erase",
          "trace"}},
        {"iterate", {"count-iterate", "lookups", "trace"}},
    };
    for (const auto& [how, scenarios] : cases) {
        const wrong_way way(how);
        for (const std::string& name : scenarios) {
            const printed p = program_run(EBB_WRONG_PEER, {name, "random", "2000", "8", "1"});
            EXPECT_EQ(p.end.status, 1) << how << ' ' << name << '\n' << p.text;
            EXPECT_THAT(p.end.errors, StartsWith("wrong: ")) << how << ' ' << name;
        }
    }
}

TEST(map_run, wrong_map_is_a_failure_and_the_others_are_measured) {
    const std::vector<map_subject> maps{{"std", std::string(EBB_PEERS) + "/std", "std", "1", ""},
                                        {"wrong", EBB_WRONG_PEER, "wrong", "0", ""},
                                        {"absent", "", "", "", "not installed"}};
    const map_choice c{{"hit", "insert"}, {key_kind::random}, {1000}, {}, {8}};
    map_settings settings;
    settings.rounds = 3;
    settings.quick = true;
    const wrong_way way("value");
    const map_result r = run_maps(make_map_plan(c, std::nullopt), maps, settings);
    ASSERT_EQ(r.failures.size(), 1u); // not tried again
    EXPECT_THAT(r.failures.front(),
                StartsWith("lookups random keys, 1000 x 8 bytes, wrong: wrong: "));
    const auto& values = r.values.at({key_kind::random, 1000, 8});
    EXPECT_EQ(values.at("hit").at("std").size(), 3u);
    EXPECT_EQ(values.at("insert").at("wrong").size(), 3u);
    EXPECT_FALSE(values.at("hit").contains("wrong"));
    EXPECT_FALSE(values.at("hit").contains("absent"));
}

TEST(map_run, counts_are_those_of_the_program_with_the_same_seeds) {
    const std::string program = std::string(EBB_PEERS) + "/std";
    const std::vector<map_subject> maps{{"one", program, "one", "1", ""},
                                        {"two", program, "two", "1", "", EBB_WRONG_PEER},
                                        {"three", EBB_WRONG_PEER, "three", "1", "", program}};
    const map_choice c{{"insert", "insert-faults"}, {key_kind::random}, {1000}, {}, {8}};
    map_settings settings;
    settings.rounds = 1;
    settings.quick = true;
    const wrong_way way("lost");
    const map_result r = run_maps(make_map_plan(c, std::nullopt), maps, settings);
    EXPECT_THAT(r.failures,
                ElementsAre(StartsWith("insert random keys, 1000 x 8 bytes, three: "),
                            StartsWith("count-insert random keys, 1000 x 8 bytes, two: ")));
    const auto& values = r.values.at({key_kind::random, 1000, 8});
    const auto& times = values.at("insert");
    EXPECT_TRUE(times.contains("one") && times.contains("two") && !times.contains("three"));
    const auto& faults = values.at("insert-faults");
    EXPECT_TRUE(faults.contains("one") && !faults.contains("two") && faults.contains("three"));
}

TEST(map_run, list_tells_what_is_there_and_what_is_not) {
    scratch files;
    std::ofstream(files.path("list")) << "std\t\nrobin\tnot installed: apt install x\ngone\t\n";
    std::filesystem::create_symlink(std::string(EBB_PEERS) + "/std", files.path("std"));
    EXPECT_EQ(find_maps(files.path(""))[0].counted, "");
    std::filesystem::create_directory(files.path("seeded"));
    std::ofstream(files.path("seeded/std"));
    const auto maps = find_maps(files.path(""));
    ASSERT_EQ(maps.size(), 3u);
    EXPECT_EQ(maps[0].label, "std::unordered_map");
    EXPECT_EQ(std::filesystem::path(maps[0].counted), files.path("seeded/std"));
    EXPECT_EQ(maps[1].counted, "");
    EXPECT_EQ(maps[1].missing, "not installed: apt install x");
    EXPECT_THAT(maps[2].missing, StartsWith("not built"));
    EXPECT_THROW((void)find_maps("/nosuch"), std::runtime_error);
}

TEST(map_run, short_run_fills_every_column_and_its_json_parses) {
    scratch files;
    const std::string file = files.path("figures.json");
    const printed p = suite_run({"--quick", "--rounds=1", "--maps=std", "--count=100000",
                                 "--value-bytes=128", "--json=" + file, "--beside=std"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    EXPECT_THAT(p.text, HasSubstr("std: std::unordered_map"));
    EXPECT_THAT(p.text, HasSubstr("== random keys, 100,000 entries, values of 128 bytes: 13.6 MB"));
    std::ifstream written(file);
    const auto report = nlohmann::json::parse(written);
    const auto& found = report["blocks"][0];
    ASSERT_EQ(found["columns"].size(), columns().size());
    std::map<std::string, double> std_map;
    for (const auto& column : found["columns"]) {
        const std::string name = column["column"];
        const auto& cell = column["cells"]["std"];
        // Where this machine has no such tool, a note says so.
        if (cell.is_null() && report["notes"].size() > 0 && column["unit"] == "count") {
            continue;
        }
        ASSERT_FALSE(cell.is_null()) << name;
        EXPECT_EQ(cell["runs"].size(), 1u) << name;
        std_map[name] = cell["median"];
    }
    // A node is 152 bytes, its malloc's header and a pointer to it beside the 136 of the pair.
    EXPECT_GT(std_map["peak"], 1.1);
    EXPECT_LT(std_map["peak"], 1.6);
    EXPECT_GE(std_map["worst-n"], std_map["peak"]);
    EXPECT_GT(std_map["full"], 13.6e6);
    // glibc keeps what is freed until it is told to trim, but for the bucket array.
    EXPECT_LT(std_map["none-trimmed"], 4e6);
    EXPECT_GE(std_map["insert-worst"], std_map["insert-p999"]);
    EXPECT_GE(std_map["teeth-worst"], std_map["teeth"]);
    // 160 bytes and a pointer an entry, by the page.
    EXPECT_GT(std_map["insert-faults"], 16.0e6 / 4096);
    EXPECT_LT(std_map["insert-faults"], 20.0e6 / 4096);
    EXPECT_LE(std_map["insert-madvise"], std_map["insert-calls"]);
    EXPECT_EQ(found["over_the_better"]["std"]["mean"], 1);
}

TEST(map_run, json_without_a_file_has_null_for_what_a_map_can_not_do) {
    const printed p = suite_run({"--quick", "--rounds=2", "--maps=go_map", "--only=copy,clear",
                                 "--count=1000", "--keys=string", "--value-bytes=8", "--json"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const auto found = nlohmann::json::parse(p.text)["blocks"][0];
    EXPECT_EQ(found["keys"], "string");
    ASSERT_EQ(found["columns"].size(), 2u);
    EXPECT_TRUE(found["columns"][0]["cells"]["go_map"].is_null());
    EXPECT_EQ(found["columns"][1]["cells"]["go_map"]["runs"].size(), 2u);
}

TEST(map_run, small_maps_are_measured_by_many) {
    const printed p =
        program_run(std::string(EBB_PEERS) + "/std", {"growth", "random", "1000", "128"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const double peak = std::stod(p.text.substr(p.text.find('\t')));
    EXPECT_THAT(p.text, StartsWith("peak\t"));
    EXPECT_GT(peak, 1.1);
    EXPECT_LT(peak, 1.6);
}

TEST(map_run, bad_words_are_refused_in_one_line) {
    expect_refused(
        EBB_BENCH_MAPS,
        {
            {{"--maps=nosuch"}, "--maps nosuch: not one of "},
            {{"--maps=std,"}, "--maps '': not one of "},
            {{"--only=nosuch"}, "--only nosuch: not one of memory, time, eighths, counts, latency"},
            {{"--keys=text"}, "--keys text: not one of random, sequential, string"},
            {{"--count=10"}, "--count 10: fewer than 100"},
            {{"--count=x"}, "--count x: not a whole number from 1 to"},
            {{"--value-bytes=16"}, "--value-bytes 16: not one of 8, 32, 128, 1024, 1400"},
            {{"--beside=nosuch"}, "--beside nosuch: not one of "},
            {{"--rounds=0"}, "--rounds 0: not a whole number from 1 to 1000"},
            {{"--json=/nosuch/file"}, "--json /nosuch/file: can't be written"},
            {{"--maps=old=/nosuch"}, "--maps old=/nosuch: not a folder of another tree's maps"},
            {{"--between=std"}, "--between std: not two maps: BEFORE,AFTER"},
            {{"--renew"}, "--renew: needs --budget=FILE, which it writes"},
            {{"--budget=/x", "--maps=std"}, "--maps std: not one of hash_map, node_hash_map"},
            {{"--nosuch"}, "accepted: --maps, --only, --keys"},
        });
}

TEST(map_run, help_and_list_say_what_is_taken) {
    const printed help = suite_run({"--help"});
    EXPECT_TRUE(help.end.good());
    for (const char* const word :
         {"--maps", "--only", "--keys", "--count", "--value-bytes", "--beside", "--rounds",
          "--quick", "--full", "--json", "--between", "--no-counts", "--budget", "--renew",
          "own default hash", "Exit status"}) {
        EXPECT_THAT(help.text, HasSubstr(word));
    }
    const printed list = suite_run({"--list"});
    EXPECT_THAT(list.text, HasSubstr("std::unordered_map"));
    EXPECT_THAT(list.text, HasSubstr("  worst-n\n"));
}

TEST(map_run, peer_refuses_what_is_no_scenario) {
    const std::string std_map = std::string(EBB_PEERS) + "/std";
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"nosuch", "random", "1000", "8"},
                                               {"insert", "nosuch", "1000", "8"},
                                               {"insert", "random", "0", "8"},
                                               {"insert", "random", "1000", "9"},
                                               {"insert", "random", "1000", "8", "x"},
                                               {"insert", "random", "1000"}}) {
        EXPECT_EQ(program_run(std_map, words).end.status, 2);
    }
    // The right words run, and so does the map of the tests' own when it isn't told to be wrong.
    for (const char* const scenario : every_scenario) {
        for (const std::string& program : {std_map, std::string(EBB_WRONG_PEER)}) {
            EXPECT_TRUE(program_run(program, {scenario, "string", "300", "8", "1"}).end.good())
                << program << ' ' << scenario;
        }
    }
}
