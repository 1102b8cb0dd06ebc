#include <ebb/bench/malloc/binding.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace ebb::bench::suite {
namespace {

namespace fs = std::filesystem;

// One process's file: the object that got malloc from elsewhere than `wanted`, or nothing.
std::string stranger_in(const fs::path& path, const fs::path& wanted, bool& bound) {
    std::set<std::string> served; // who calls the wanted one
    std::set<std::string> others; // whose malloc is bound besides
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (const auto b = malloc_binding(line)) {
            std::error_code error;
            if (fs::canonical(b->to, error) == wanted) {
                served.emplace(b->from);
                bound = true;
            } else {
                others.emplace(b->to);
            }
        }
    }
    for (const std::string& object : others) {
        if (!served.contains(object)) {
            return object;
        }
    }
    return {};
}

} // namespace

std::optional<binding> malloc_binding(std::string_view line) {
    // 4711: binding file A [0] to B [0]: normal symbol `malloc' [GLIBC_2.2.5]
    constexpr std::string_view start = "binding file ";
    constexpr std::string_view middle = " [0] to ";
    constexpr std::string_view end = " [0]: normal symbol `malloc'";
    const std::size_t from = line.find(start);
    const std::size_t stop = line.find(end);
    const std::size_t to = line.find(middle);
    if (from == std::string_view::npos || to == std::string_view::npos ||
        stop == std::string_view::npos || to < from + start.size() || stop < to + middle.size()) {
        return std::nullopt;
    }
    return binding{line.substr(from + start.size(), to - from - start.size()),
                   line.substr(to + middle.size(), stop - to - middle.size())};
}

std::string check_bindings(const std::string& prefix, const std::string& library) {
    const fs::path wanted = fs::canonical(library);
    const std::string stem = fs::path(prefix).filename().string() + '.';
    bool bound = false;
    for (const auto& entry : fs::directory_iterator(fs::path(prefix).parent_path())) {
        if (entry.path().filename().string().starts_with(stem)) {
            const std::string stranger = stranger_in(entry.path(), wanted, bound);
            if (!stranger.empty()) {
                return "malloc comes from " + stranger + ", not from " + library;
            }
        }
    }
    return bound ? "" : "no malloc that the dynamic linker knows of";
}

} // namespace ebb::bench::suite
