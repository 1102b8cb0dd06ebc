// What `ebb spike` prints and draws.
#include <ebb/bench/process/scratch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/cli/program.h>
#include <tests/support/matches.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using nlohmann::ordered_json;
using testing::HasSubstr;

TEST(ebb_spike, same_seed_has_the_same_entries_on_every_layout) {
    const printed p = ebb_run({"spike", "--json", "--peak", "20000", "--days", "1", "--every", "60",
                               "--malloc", "go,glibc"});
    ASSERT_TRUE(p.end.good()) << p.end.errors;
    std::map<std::uint64_t, std::uint64_t> entries;
    std::size_t samples = 0;
    for (const std::string& line : p.lines()) {
        const ordered_json o = ordered_json::parse(line);
        const auto now = o.at("entries").get<std::uint64_t>();
        EXPECT_EQ(entries.emplace(o.at("minute").get<std::uint64_t>(), now).first->second, now)
            << o;
        EXPECT_EQ(o.at("floor"), now * 136);
        EXPECT_GE(o.at("live"), o.at("floor")) << o;
        EXPECT_EQ(o.at("dead").is_null(), o.at("layout") == "hash_map");
        ++samples;
    }
    EXPECT_EQ(entries.size(), 24u);
    EXPECT_EQ(samples, 24u * 7);
    // An hour with no more than 5,000 new customers holds these, some of the hour before that came
    // back, and the 1,000 latest a second time.
    EXPECT_GT(entries.at(4 * 60), 6'000u);
    EXPECT_LT(entries.at(4 * 60), 8'000u);
}

TEST(ebb_spike, hash_map_gives_back_what_a_go_map_keeps) {
    const printed p = ebb_run({"spike", "--json", "--quick", "--malloc", "glibc", "--days", "1",
                               "--every", "60", "--peak", "200000", "--layout", "inline,hash_map"});
    ASSERT_TRUE(p.end.good()) << p.end.errors;
    std::map<std::string, double> last;
    for (const std::string& line : p.lines()) {
        const ordered_json o = ordered_json::parse(line);
        last[o.at("layout")] = o.at("live").get<double>() / o.at("floor").get<double>();
    }
    EXPECT_GT(last.at("inline"), 5);
    EXPECT_LT(last.at("hash_map"), 1.5);
}

namespace {

std::string contents(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

// rsvg-convert, which draws the PNG, parses the SVG.
TEST(ebb_spike, draws_an_svg_that_parses_and_a_png_of_it) {
    ebb::bench::scratch folder;
    const std::string svg = folder.path("a.svg");
    const std::string png = folder.path("a.png");
    const printed p = ebb_run({"spike", "--peak", "20000", "--days", "1", "--every", "60",
                               "--malloc", "glibc", "--plot", svg, "--plot", png});
    ASSERT_TRUE(p.end.good()) << p.end.errors;
    const std::string text = contents(svg);
    // Three panels of the four layouts, two with their yardstick; a label for each line.
    for (const auto& [what, count] : std::map<std::string, std::size_t>{{"<polyline", 14},
                                                                        {">go_map, inline<", 3},
                                                                        {">go_map, recreated<", 3},
                                                                        {">hash_map<", 3},
                                                                        {">keys and values<", 2},
                                                                        {"class=\"head\"", 3}}) {
        EXPECT_EQ(tests::matches(text, what).size(), count) << what;
    }
    const std::string picture = contents(png);
    ASSERT_GT(picture.size(), 1000u);
    EXPECT_EQ(picture.substr(0, 8), "\x89PNG\r\n\x1a\n");
    EXPECT_EQ(picture.substr(picture.size() - 8, 4), "IEND");
}

// Two runs of one load.
TEST(ebb_spike, table_says_what_json_says) {
    const std::vector<std::string> words{
        "spike",    "--peak", "60000",    "--days",        "1", "--every", "60",
        "--malloc", "glibc",  "--layout", "inline,pointer"};
    auto with_json = words;
    with_json.emplace_back("--json");
    const printed json = ebb_run(with_json);
    const printed table = ebb_run(words);
    ASSERT_TRUE(json.end.good() && table.end.good()) << json.end.errors << table.end.errors;
    std::map<std::string, std::vector<std::uint64_t>> live;
    for (const std::string& line : json.lines()) {
        const ordered_json o = ordered_json::parse(line);
        const auto minute = o.at("minute").get<int>();
        if (minute == 13 * 60 || minute == 14 * 60 || minute == 19 * 60) {
            live[o.at("layout")].push_back(o.at("live").get<std::uint64_t>() >> 20);
        }
    }
    ASSERT_EQ(live.size(), 2u);
    for (const std::string& line : table.lines()) {
        std::istringstream in(line);
        std::string layout;
        std::string malloc;
        std::string live_peak;
        std::string live_1h;
        std::string live_6h;
        std::string live_1d;
        std::string skipped;
        in >> layout >> malloc;
        if (malloc != "glibc") {
            continue;
        }
        in >> live_peak >> skipped >> live_1h >> skipped >> live_6h >> skipped >> live_1d;
        ASSERT_EQ(live.count(layout), 1u) << line;
        const std::vector<std::uint64_t> said{std::stoull(live_peak), std::stoull(live_1h),
                                              std::stoull(live_6h)};
        for (std::size_t i = 0; i < said.size(); ++i) { // its overflow buckets differ by the seed
            EXPECT_LE(said[i], live.at(layout)[i] + 1) << line;
            EXPECT_GE(said[i] + 1, live.at(layout)[i]) << line;
        }
        EXPECT_EQ(live_1d, "-") << "the run ends before";
        live.erase(layout);
    }
    EXPECT_TRUE(live.empty()) << "rows of " << live.begin()->first << " not in\n" << table.text;
}

TEST(ebb_spike, refuses_in_one_line) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--layout", "outline"}, "not one of inline, pointer, recreate, hash_map"},
        {{"--malloc", "dlmalloc"}, "not one of go, glibc"},
        {{"--every", "7"}, "not one of 1, 2, 3"},
        {{"--peak", "0"}, "not a whole number from 1 to"},
        {{"--peak", "4000000000"}, "available"},
        {{"--days", "32"}, "not a whole number from 1 to 31"},
        {{"--value-bytes", "100"}, "not one of 8, 64, 128"},
        {{"--seed", "x"}, "not a whole number"},
        {{"--plot", "a.gif"}, ".svg or .png"},
        {{"surplus"}, "--layout, --malloc"},
    };
    for (const auto& [words, says] : cases) {
        std::vector<std::string> all{"spike"};
        all.insert(all.end(), words.begin(), words.end());
        const printed p = ebb_run(all);
        EXPECT_EQ(p.end.status, 2) << p.end.errors;
        EXPECT_EQ(p.text, "");
        EXPECT_EQ(p.error_lines(), 1) << p.end.errors;
        EXPECT_THAT(p.end.errors, HasSubstr(says));
    }
}
