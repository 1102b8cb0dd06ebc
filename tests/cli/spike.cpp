// What `ebb spike` prints and draws.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/cli/program.h>

#include <cstdint>
#include <map>
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
