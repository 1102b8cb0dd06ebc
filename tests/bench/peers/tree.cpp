// Maps of another source tree beside this one's: what is refused, what is built, and that both
// sides are measured alike.
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/scratch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/support/printed.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace ebb::bench;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

printed build(std::vector<std::string> words) {
    return program_run(EBB_BUILD_TREE, std::move(words));
}

// A folder that passes for a source tree of ebb.
class small_tree {
  public:
    small_tree(const std::string& cmake, const std::string& map) {
        std::filesystem::create_directories(at() + "/maps");
        std::ofstream(at() + "/CMakeLists.txt") << cmake;
        std::ofstream(at() + "/maps/hash_map.h") << map;
    }
    [[nodiscard]] std::string at() { return files_.path("tree"); }

  private:
    scratch files_;
};

const char* const small_cmake = R"(cmake_minimum_required(VERSION 3.25)
project(ebb VERSION 0.1.0 LANGUAGES CXX)
add_library(ebb_alloc INTERFACE)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include/ebb)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/maps ${PROJECT_BINARY_DIR}/include/ebb/maps SYMBOLIC)
target_include_directories(ebb_alloc INTERFACE ${PROJECT_BINARY_DIR}/include)
)";

// The compiler's words for the #error of a map; a tree is built by the compiler of this test.
#ifdef __clang__
const char* const broken_map = "error: this map is broken";
#else
const char* const broken_map = "error: #error this map is broken";
#endif

void expect_tree_refused(const printed& p, int status, const std::string& says) {
    EXPECT_EQ(p.end.status, status) << says << '\n' << p.end.errors;
    EXPECT_THAT(p.end.errors, StartsWith("bench/run maps: --maps "));
    EXPECT_THAT(p.end.errors, HasSubstr(says));
    EXPECT_EQ(p.error_lines(), 1) << p.end.errors;
    EXPECT_EQ(p.text, "");
}

// The folder that the script prints.
std::string folder_of(const printed& p) {
    return p.text.substr(0, p.text.find('\n'));
}

} // namespace

TEST(map_tree, what_is_no_tree_is_refused_before_anything_is_built) {
    small_tree tree(small_cmake, "");
    scratch files;
    std::filesystem::create_directory(files.path("empty"));
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"old=/nosuch"}, "old=/nosuch: no such folder"},
        {{"old=" + files.path("empty")},
         "empty: not a source tree of ebb: it has no CMakeLists.txt"},
        {{"o/d=" + tree.at()}, "a name has letters, digits, '_', '.' and '-' alone"},
        {{std::string("=") += tree.at()}, "a name has letters, digits, '_', '.' and '-' alone"},
        {{"std=" + tree.at()}, "there is a map of that name already"},
        {{"old=" + tree.at(), "node_hash_map"}, "that tree has no node_hash_map"},
    };
    for (const auto& [words, says] : cases) {
        std::vector<std::string> checked = words;
        checked.insert(checked.begin(), "--check");
        expect_tree_refused(build(checked), 2, says);
    }
    EXPECT_TRUE(build({"--check", "old=" + tree.at()}).end.good());
    // bench/run asks before it builds.
    for (const std::string words : {"--maps=hash_map,old=/nosuch", "--maps=old=/nosuch"}) {
        const printed p = program_run(EBB_BENCH_RUN, {"--no-install", "maps", words});
        if (p.end.status == 3) {
            GTEST_SKIP() << p.end.errors;
        }
        expect_tree_refused(p, 2, "old=/nosuch: no such folder");
    }
    expect_tree_refused(program_run(EBB_BENCH_RUN, {"--no-install", "maps", "--maps", "a=/x,a=/y"}),
                        2, "a=/y: there is a tree of that name already");
}

TEST(map_tree, one_that_does_not_build_ends_in_its_first_error_and_is_not_written_to) {
    scratch files;
    std::filesystem::create_directory(files.path("build"));
    std::filesystem::copy_file(EBB_BUILD "/CMakeCache.txt",
                               files.path("build") + "/CMakeCache.txt");
    std::filesystem::create_directory_symlink(EBB_BUILD "/lib", files.path("build") + "/lib");
    small_tree no_cmake("project(ebb LANGUAGES CXX)\nmessage(FATAL_ERROR \"no way\")\n", "");
    expect_tree_refused(build({"old=" + no_cmake.at(), files.path("build")}), 1,
                        "can't be configured: CMake Error at ");
    small_tree no_map(small_cmake, "#error this map is broken\n");
    expect_tree_refused(build({"old=" + no_map.at(), files.path("build")}), 1, broken_map);
    std::set<std::string> left;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(no_map.at())) {
        left.insert(entry.path().filename().string());
    }
    EXPECT_THAT(left, ElementsAre("CMakeLists.txt", "hash_map.h", "maps"));
}

TEST(map_tree, its_map_is_measured_beside_this_one_s_and_alike) {
    // Kept from one run of the test to the next: only what has changed is compiled.
    const printed p = build({"of-the-tests=" EBB_TREE, EBB_BUILD, "hash_map"});
    ASSERT_TRUE(p.end.good()) << p.end.errors;
    const std::string folder = folder_of(p);
    std::ifstream list(folder + "/list");
    std::string line;
    std::getline(list, line);
    EXPECT_THAT(line, StartsWith("hash_map\t\t" EBB_TREE));
    EXPECT_TRUE(program_run(folder + "/hash_map", {"trace", "random", "500", "8"}).end.good());

    const printed table = program_run(
        EBB_BENCH_MAPS, {"--maps=hash_map,old=" + folder, "--rounds=2", "--quick",
                         "--only=hit,insert-faults", "--count=1000", "--value-bytes=8"});
    ASSERT_TRUE(table.end.good()) << table.end.errors;
    EXPECT_THAT(table.text, StartsWith("before: hash_map@old, after: hash_map: "));
    EXPECT_THAT(table.text, HasSubstr("\nhit 1,000 x 8 "));

    EXPECT_TRUE(std::filesystem::is_regular_file(folder + "/seeded/hash_map"));
    // The same sources and the same seeds: as many instructions.
    const printed figures =
        program_run(EBB_BENCH_MAPS, {"--maps=hash_map,old=" + folder, "--rounds=1", "--quick",
                                     "--only=hit-instructions,iterate-instructions",
                                     "--count=100000", "--value-bytes=8", "--json"});
    ASSERT_TRUE(figures.end.good()) << figures.end.errors;
    const auto report = nlohmann::json::parse(figures.text);
    for (const auto& column : report["blocks"][0]["columns"]) {
        const auto& cells = column["cells"];
        if (cells["hash_map"].is_null()) {
            GTEST_SKIP() << report["notes"];
        }
        const double before = cells["hash_map@old"]["median"];
        EXPECT_NEAR(cells["hash_map"]["median"].get<double>() / before, 1, 0.001)
            << column["column"];
    }
}
