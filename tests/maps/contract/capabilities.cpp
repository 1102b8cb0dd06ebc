// The table in README.md says what each map has and lacks: as the types say, to the letter.
#include <tests/maps/contract/fixture.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace tests {

using capability = std::pair<const char*, bool>;

template <class F>
std::vector<capability> capabilities_of() {
    using map = typename contract<F>::ints;
    return {
        {"is_map", is_map<map>},
        {"copies", copies<map>},
        {"inserts_range", inserts_range<map>},
        {"inserts_hinted", inserts_hinted<map>},
        {"equal_ranges", equal_ranges<map>},
        {"erases_iterators", erases_iterators<map>},
        {"erases_if", erases_if<map>},
        {"extracts", extracts<map>},
        {"merges", merges<map>},
        {"compares", compares<map>},
        {"reserves", reserves<map>},
        {"has_buckets", has_buckets<map>},
        {"holds_pairs", holds_pairs<map>},
        {"keeps_references", F::keeps_references},
        {"holds_immovables", F::holds_immovables},
        {"merges_whole", F::merges_whole},
        {"shrinks", shrinks<map>},
        {"visits", visits<map>},
        {"has_footprint", has_footprint<map>},
        {"validates", validates<map>},
    };
}

template <class... F>
std::string table_of(::testing::Types<F...>) {
    const std::vector<capability> all[] = {capabilities_of<F>()...};
    std::string text = "| |";
    std::string line = "| --- |";
    for (const char* const name : {F::name...}) {
        text += " " + std::string(name) + " |";
        line += " --- |";
    }
    text += "\n" + line + "\n";
    for (std::size_t i = 0; i < all[0].size(); ++i) {
        text += "| `" + std::string(all[0][i].first) + "` |";
        for (const auto& map : all) {
            text += map[i].second ? " yes |" : " |";
        }
        text += "\n";
    }
    return text;
}

TEST(capabilities, the_table_in_the_readme_is_what_the_maps_have) {
    std::ifstream file(EBB_CONTRACT_README);
    const std::string readme{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(readme.empty()) << EBB_CONTRACT_README;
    const std::string table = table_of(maps_and_sets());
    EXPECT_NE(readme.find("\n\n" + table + "\n"), std::string::npos)
        << "README.md should have, as a table of its own:\n"
        << table;
}

} // namespace tests
