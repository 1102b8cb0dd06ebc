// A cell's process must notice every malloc that isn't the one it was told.
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/child.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <string>

using namespace ebb::bench;
using testing::HasSubstr;

namespace {

std::string library_of(const char* name) {
    return find_library(*find_malloc(name)).value_or("");
}

outcome cell_with(const std::string& preload, const std::string& told, const std::string& library,
                  std::size_t* lines = nullptr) {
    command what;
    what.words = {EBB_CELL, "inline", told, "at-once", "1000", "8", library};
    what.preload = preload;
    return run(what, [lines](std::string_view) {
        if (lines != nullptr) {
            ++*lines;
        }
    });
}

// A link to the liar: LD_PRELOAD ends a path at a space, which the build folder's may hold.
class linked_liar {
  public:
    linked_liar()
        : path_(std::filesystem::temp_directory_path() /
                ("ebb-liar-" + std::to_string(::getpid()) + ".so")) {
        std::filesystem::create_symlink(EBB_LIAR, path_);
    }
    linked_liar(const linked_liar&) = delete;
    linked_liar& operator=(const linked_liar&) = delete;
    ~linked_liar() { std::filesystem::remove(path_); }
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

class each_malloc : public testing::TestWithParam<const char*> {};

} // namespace

TEST_P(each_malloc, answers_where_it_is_preloaded) {
    const std::string name = GetParam();
    const std::string library = library_of(GetParam());
    if (library.empty()) {
        GTEST_SKIP() << name << " is not installed";
    }
    std::size_t lines = 0;
    const outcome end = cell_with(name == "glibc" ? "" : library, name, library, &lines);
    EXPECT_TRUE(end.good()) << end.reason();
    EXPECT_EQ(lines, 3u);
}

TEST_P(each_malloc, is_missed_where_another_answers) {
    const std::string name = GetParam();
    const std::string library = library_of(GetParam());
    if (library.empty()) {
        GTEST_SKIP() << name << " is not installed";
    }
    std::size_t others = 0;
    for (const char* const other : {"glibc", "jemalloc", "mimalloc", "tcmalloc", "ebb"}) {
        const std::string preload = other == std::string("glibc") ? "" : library_of(other);
        if (other == name || library_of(other).empty()) {
            continue;
        }
        ++others;
        std::size_t lines = 0;
        const outcome end = cell_with(preload, name, library, &lines);
        EXPECT_EQ(end.status, 3) << name << " under " << other;
        EXPECT_EQ(lines, 0u);
        EXPECT_THAT(end.reason(), HasSubstr(name + ": malloc comes from "));
        EXPECT_THAT(end.reason(), HasSubstr(std::string(find_malloc(other)->file.substr(0, 7))));
    }
    if (others == 0) {
        GTEST_SKIP() << "no other malloc is installed";
    }
}

INSTANTIATE_TEST_SUITE_P(mallocs, each_malloc,
                         testing::Values("glibc", "jemalloc", "mimalloc", "tcmalloc", "ebb"),
                         [](const auto& each) { return std::string(each.param); });

TEST(mallocs, counter_that_stands_still_is_noticed) {
    const linked_liar liar;
    const outcome end = cell_with(liar.path(), "jemalloc", EBB_LIAR);
    EXPECT_EQ(end.status, 3);
    EXPECT_THAT(end.reason(),
                HasSubstr("jemalloc: a block of 98304 bytes moved its own counter by 0"));
}

TEST(mallocs, counter_that_is_not_there_is_noticed) {
    const linked_liar liar;
    const outcome end = cell_with(liar.path(), "tcmalloc", EBB_LIAR);
    EXPECT_EQ(end.status, 3);
    EXPECT_THAT(end.reason(), HasSubstr("its own counter can't be read"));
}

TEST(mallocs, library_that_is_not_there_is_absent) {
    EXPECT_FALSE(find_library({"nosuch", "libnosuch", "libnosuch.so.9"}));
    EXPECT_FALSE(find_library(*find_malloc("go")));
    EXPECT_FALSE(find_own_library("libnosuch.so.9"));
    EXPECT_EQ(find_malloc("nosuch"), nullptr);
}

TEST(mallocs, missing_ones_tell_where_they_come_from) {
    EXPECT_EQ(how_to_install(*find_malloc("jemalloc")), "not installed: apt install libjemalloc2");
    EXPECT_EQ(how_to_install(*find_malloc("ebb")),
              "not installed: no libebbmalloc.so beside this program");
    EXPECT_EQ(names_of_mallocs(), "glibc, jemalloc, mimalloc, tcmalloc, ebb");
}
