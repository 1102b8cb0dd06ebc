#include <ebb/bench/process/scratch.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using ebb::bench::scratch;
namespace fs = std::filesystem;

TEST(scratch, path_that_fits_stays_itself_and_makes_nothing) {
    scratch s;
    EXPECT_EQ(s.preloadable("/usr/lib/libx.so"), "/usr/lib/libx.so");
}

TEST(scratch, path_with_a_space_or_a_colon_gets_a_link_of_its_own) {
    scratch s;
    const std::string spaced = s.preloadable("/some where/libx.so");
    const std::string colon = s.preloadable("/some:where/libx.so");
    EXPECT_TRUE(ebb::bench::fits_preload(spaced)) << spaced;
    EXPECT_TRUE(ebb::bench::fits_preload(colon)) << colon;
    EXPECT_EQ(fs::read_symlink(spaced), "/some where/libx.so");
    EXPECT_EQ(fs::read_symlink(colon), "/some:where/libx.so");
    EXPECT_EQ(s.preloadable("/some where/libx.so"), spaced);
}

TEST(scratch, goes_with_everything_in_it) {
    fs::path folder;
    {
        scratch s;
        const std::string file = s.path("records");
        std::ofstream(file) << "x";
        EXPECT_TRUE(fs::exists(file));
        folder = fs::path(file).parent_path();
    }
    EXPECT_FALSE(fs::exists(folder));
}

TEST(scratch, folder_for_temporary_files_with_a_space_is_not_taken) {
    const fs::path spaced = fs::temp_directory_path() / ("ebb scratch " + std::to_string(::rand()));
    fs::create_directory(spaced);
    ::setenv("TMPDIR", spaced.c_str(), 1);
    {
        scratch s;
        EXPECT_TRUE(s.path("records").starts_with("/tmp/ebb-"));
    }
    ::setenv("TMPDIR", "/nowhere", 1);
    {
        scratch s;
        EXPECT_TRUE(s.path("records").starts_with("/tmp/ebb-"));
    }
    ::unsetenv("TMPDIR");
    fs::remove(spaced);
}
