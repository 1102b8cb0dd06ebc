// The library's man page says what the library does.
#include <ebb/alloc/engine/purge.h>

#include <gtest/gtest.h>
#include <tests/support/matches.h>

#include <dlfcn.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace {

std::string manual() {
    std::ostringstream text;
    text << std::ifstream(EBB_MANUAL).rdbuf();
    return text.str();
}

TEST(manual, names_functions_that_the_library_has) {
    const std::string text = manual();
    void* const library = dlopen(EBB_LIBRARY, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto from = text.find("All of malloc");
    const auto to = text.find("is there;", from);
    ASSERT_NE(to, std::string::npos);
    std::set<std::string> names;
    const std::string list = text.substr(from, to - from);
    for (const tests::match& word : tests::matches(list, "[a-z_0-9]{4,}")) {
        names.insert(word[0]);
    }
    names.insert({"ebb_heap_ledger", "ebb_heap_classes", "ebb_heap_resident"});
    EXPECT_GE(names.size(), 24U);
    for (const std::string& name : names) {
        EXPECT_NE(text.find(name), std::string::npos) << name;
        Dl_info info{};
        void* const function = dlsym(library, name.c_str());
        ASSERT_NE(function, nullptr) << name;
        dladdr(function, &info);
        EXPECT_NE(std::string(info.dli_fname).find("libebbmalloc.so"), std::string::npos) << name;
    }
}

TEST(manual, tells_the_settings_that_are_taken) {
    const std::string text = manual();
    const std::string asked = "EBB_OPTIONS=nonsense LD_PRELOAD=" EBB_LIBRARY " /bin/true 2>&1";
    FILE* const out = popen(asked.c_str(), "r");
    ASSERT_NE(out, nullptr);
    char line[512] = "";
    ASSERT_NE(fgets(line, sizeof line, out), nullptr);
    pclose(out);
    EXPECT_EQ(std::string(line), "ebb: EBB_OPTIONS: nonsense: not one of purge_ms:0..3600000 or "
                                 "never, thread:auto, on or off, names:on or off\n");
    for (const char* const word :
         {"purge_ms:", "0 to 3600000", ".BR never", "thread:auto", "names:on", "Default 400"}) {
        EXPECT_NE(text.find(word), std::string::npos) << word;
    }
    EXPECT_EQ(ebb::engine::purge::default_ms, 400U);
}

} // namespace
