#include <ebb/bench/arguments.h>
#include <ebb/bench/peers/subjects.h>
#include <ebb/bench/process/child.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace ebb::bench::peers {
namespace {

void describe(map_subject& s) {
    if (!std::filesystem::is_regular_file(s.program)) {
        s.missing = "not built: no program " + s.program;
        return;
    }
    command what;
    what.words = {s.program, "describe"};
    const outcome end = run(what, [&s](std::string_view line) {
        const std::size_t tab = line.find('\t');
        if (tab != std::string_view::npos) {
            s.label = line.substr(0, tab);
            s.version = line.substr(tab + 1);
        }
    });
    if (!end.good() || s.label.empty()) {
        s.missing = end.good() ? "doesn't describe itself" : end.reason();
    }
}

std::vector<std::string> names_of(const std::vector<map_subject>& maps) {
    std::vector<std::string> names;
    for (const map_subject& m : maps) {
        names.push_back(m.name);
    }
    return names;
}

bool in(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// MAP of MAP@NAME, whole of any other.
std::string base_of(const std::string& name) {
    return name.substr(0, name.find('@'));
}

bool is_of_tree(const map_subject& m) {
    return m.name.find('@') != std::string::npos;
}

// The maps of NAME=FOLDER.
std::vector<map_subject> maps_of_tree(const std::string& word,
                                      const std::vector<map_subject>& known) {
    const std::string name = word.substr(0, word.find('='));
    const std::string folder = word.substr(name.size() + 1);
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return c < 128 && (std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-');
    });
    if (name.empty() || !plain) {
        refuse("--maps", word, "a name has letters, digits, '_', '.' and '-' alone");
    }
    if (in(names_of(known), name)) {
        refuse("--maps", word, "there is a map of that name already");
    }
    if (!std::filesystem::is_regular_file(folder + "/list")) {
        refuse("--maps", word,
               "not a folder of another tree's maps; bench/run makes one of a tree");
    }
    auto maps = find_maps(folder);
    for (map_subject& m : maps) {
        m.name += '@' + name;
    }
    return maps;
}

} // namespace

std::vector<map_subject> find_maps(const std::string& folder) {
    std::ifstream list(folder + "/list");
    if (!list) {
        throw std::runtime_error("no list of maps " + folder + "/list");
    }
    std::vector<map_subject> all;
    for (std::string line; std::getline(list, line);) {
        const std::size_t tab = line.find('\t');
        if (tab == std::string::npos) {
            continue;
        }
        map_subject s;
        s.name = line.substr(0, tab);
        const std::size_t second = std::min(line.find('\t', tab + 1), line.size());
        s.missing = line.substr(tab + 1, second - tab - 1);
        if (s.missing.empty()) {
            s.program = folder + '/' + s.name;
            if (const auto seeded = folder + "/seeded/" + s.name;
                std::filesystem::is_regular_file(seeded)) {
                s.counted = seeded;
            }
            describe(s);
        }
        if (second + 1 < line.size()) {
            s.version = line.substr(second + 1);
        }
        all.push_back(std::move(s));
    }
    return all;
}

std::vector<map_subject> choose_maps(const std::vector<std::string>& lists,
                                     const std::vector<map_subject>& known) {
    std::vector<map_subject> all = known;
    std::vector<std::string> words;
    std::vector<std::string> bases; // of the maps of other trees
    for (const std::string& word : split(lists)) {
        if (word.find('=') == std::string::npos) {
            words.push_back(word);
            continue;
        }
        for (map_subject& m : maps_of_tree(word, known)) {
            if (in(names_of(all), m.name)) {
                refuse("--maps", word, "there is a tree of that name already");
            }
            bases.push_back(base_of(m.name));
            all.push_back(std::move(m));
        }
    }
    const auto names = among("--maps", words, names_of(all));
    if (names.empty() && bases.empty()) {
        return known;
    }
    const auto& wanted = names.empty() ? bases : names;
    std::vector<map_subject> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const map_subject& m) {
        return in(wanted, m.name) || in(wanted, base_of(m.name));
    });
    if (!bases.empty() && std::none_of(some.begin(), some.end(), is_of_tree)) {
        refuse("--maps", fmt::format("{}", fmt::join(names, ",")),
               fmt::format("none of another tree's maps: {}", fmt::join(bases, ", ")));
    }
    return some;
}

std::vector<map_pair> choose_between(const std::vector<std::string>& words,
                                     const std::vector<map_subject>& maps) {
    std::vector<map_pair> pairs;
    if (!words.empty()) {
        for (const std::string& word : words) {
            const auto two = among("--between", {word}, names_of(maps));
            if (two.size() != 2) {
                refuse("--between", word, "not two maps: BEFORE,AFTER");
            }
            pairs.emplace_back(two[0], two[1]);
        }
        return pairs;
    }
    for (const map_subject& m : maps) {
        if (is_of_tree(m)) {
            pairs.emplace_back(m.name, base_of(m.name));
        }
    }
    // This tree's maps, each once, are the other half of the run.
    std::vector<std::string> after;
    for (const map_pair& p : pairs) {
        if (in(names_of(maps), p.second) && !in(after, p.second)) {
            after.push_back(p.second);
        }
    }
    return after.size() == pairs.size() && 2 * pairs.size() == maps.size()
               ? pairs
               : std::vector<map_pair>();
}

} // namespace ebb::bench::peers
