// The map suite beside another tree: which maps are meant, and the table of before and after.
#include <ebb/bench/peers/subjects.h>
#include <ebb/bench/process/scratch.h>
#include <ebb/bench/refused.h>
#include <ebb/bench/report/peers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/bench/map_result.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::peers;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

namespace {

const std::vector<map_subject> known{{"hash_map", "/bin/a", "ebb::hash_map", "0.1.0", ""},
                                     {"node_hash_map", "/bin/b", "ebb::node_hash_map", "0.1.0", ""},
                                     {"std", "/bin/c", "std::unordered_map", "12", ""}};

std::vector<std::string> names_of(const std::vector<map_subject>& maps) {
    std::vector<std::string> names;
    for (const map_subject& m : maps) {
        names.push_back(m.name);
    }
    return names;
}

// A folder as bench/peers/tree/build leaves it.
std::string tree_folder(scratch& files, const std::string& list) {
    std::ofstream(files.path("list")) << list;
    const std::string file = files.path("list");
    return file.substr(0, file.rfind('/'));
}

std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const refused& no) {
        return no.what();
    }
    return "not refused";
}

} // namespace

TEST(map_words, tree_has_its_maps_beside_those_that_are_named) {
    scratch files;
    const std::string folder =
        tree_folder(files, "hash_map\t\t/old, abc\nnode_hash_map\t\t/old, abc\n");
    const auto chosen = [&](const std::string& words) {
        return names_of(choose_maps({words}, known));
    };
    EXPECT_THAT(chosen("hash_map,old=" + folder), ElementsAre("hash_map", "hash_map@old"));
    EXPECT_THAT(chosen("old=" + folder),
                ElementsAre("hash_map", "node_hash_map", "hash_map@old", "node_hash_map@old"));
    EXPECT_THAT(chosen("std,hash_map@old,old=" + folder), ElementsAre("std", "hash_map@old"));
    EXPECT_THAT(chosen("a=" + folder + ",hash_map,b=" + folder),
                ElementsAre("hash_map", "hash_map@a", "hash_map@b"));
    EXPECT_THAT(chosen("std"), ElementsAre("std"));
    EXPECT_EQ(choose_maps({}, known).size(), known.size());
    EXPECT_EQ(choose_maps({"hash_map,old=" + folder}, known)[1].version, "/old, abc");
}

TEST(map_words, wrong_tree_is_refused_in_one_line_that_says_why) {
    scratch files;
    const std::string folder = tree_folder(files, "hash_map\t\t/old\n");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"old=/nosuch", "--maps old=/nosuch: not a folder of another tree's maps"},
        {"=" + folder, "letters, digits, '_', '.' and '-' alone"},
        {"o@d=" + folder, "letters, digits, '_', '.' and '-' alone"},
        {"std=" + folder, "there is a map of that name already"},
        {"old=" + folder + ",old=" + folder, "there is a tree of that name already"},
        {"std,old=" + folder, "--maps std: none of another tree's maps: hash_map"},
        {"nosuch,old=" + folder, "--maps nosuch: not one of hash_map, node_hash_map, std, "
                                 "hash_map@old"},
    };
    for (const auto& [words, says] : cases) {
        const std::string line = refusal([&, list = words] { (void)choose_maps({list}, known); });
        EXPECT_THAT(line, HasSubstr(says)) << words;
        EXPECT_THAT(line, Not(HasSubstr("\n")));
    }
}

TEST(map_words, maps_and_their_versions_before_are_compared_without_a_word) {
    const auto between = [](const std::vector<std::string>& names) {
        std::vector<map_subject> maps;
        for (const std::string& name : names) {
            maps.push_back({name, "", "", "", ""});
        }
        return choose_between({}, maps);
    };
    EXPECT_THAT(between({"hash_map", "hash_map@old"}),
                ElementsAre(Pair("hash_map@old", "hash_map")));
    EXPECT_THAT(between({"hash_map", "go_map", "hash_map@old", "go_map@old"}),
                ElementsAre(Pair("hash_map@old", "hash_map"), Pair("go_map@old", "go_map")));
    EXPECT_THAT(between({"hash_map", "std"}), IsEmpty());
    EXPECT_THAT(between({"hash_map", "std", "hash_map@old"}), IsEmpty());
    EXPECT_THAT(between({"std", "hash_map@old"}), IsEmpty());
    EXPECT_THAT(between({"hash_map", "hash_map@a", "hash_map@b"}), IsEmpty());
    EXPECT_THAT(choose_between({"std,hash_map"}, known), ElementsAre(Pair("std", "hash_map")));
    EXPECT_THAT(refusal([] { (void)choose_between({"std"}, known); }),
                HasSubstr("--between std: not two maps: BEFORE,AFTER"));
    EXPECT_THAT(refusal([] { (void)choose_between({"std,old"}, known); }),
                HasSubstr("--between old: not one of hash_map, node_hash_map, std"));
}

TEST(map_report, before_and_after_have_a_line_a_figure_under_their_operation) {
    map_result r = result_of({"full", "insert", "hit", "insert-instructions", "insert-faults"},
                             {million, {key_kind::string, 1000, 128}});
    auto& values = r.values[million];
    values["full"] = {{"hash_map@old", {20e6}}, {"hash_map", {10e6}}};
    values["insert"] = {{"hash_map@old", {200, 100, 300}}, {"hash_map", {100, 100, 150}}};
    values["hit"] = {{"hash_map@old", {40}}, {"hash_map", {40}}}; // between the two in the plan
    values["insert-instructions"] = {{"hash_map@old", {400}}, {"hash_map", {300}}};
    values["insert-faults"] = {{"hash_map@old", {5000}}};
    r.values[{key_kind::string, 1000, 128}]["hit"] = {{"hash_map@old", {50}}, {"hash_map", {50}}};
    r.plan.notes = {"not counted: something"};
    r.failures = {"lookups: lost"};
    const std::string text = maps_between(r, {{"hash_map@old", "hash_map"}});
    EXPECT_THAT(text, HasSubstr("before: hash_map@old, after: hash_map: "));
    EXPECT_THAT(text, testing::ContainsRegex("\nfull 1,000,000 x 8 +MB +20 +10 +0.500 +-\n"));
    EXPECT_THAT(text, testing::ContainsRegex("\ninsert 1,000,000 x 8 +ns +200 +100 +0.500 +±0.000\n"
                                             " +instructions +400 +300 +0.750 +-\n"
                                             " +page faults +5,000 +- +- +-\n"));
    EXPECT_THAT(text, testing::ContainsRegex("\nstring hit 1,000 x 128 +ns +50 +50 +1.000 +-\n"));
    EXPECT_THAT(text, HasSubstr("\nnot counted: something\nfailed: lookups: lost\n"));
}
