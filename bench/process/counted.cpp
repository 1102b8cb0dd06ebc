#include <ebb/bench/process/counted.h>
#include <ebb/bench/process/marks.h>
#include <ebb/bench/process/scratch.h>

#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace ebb::bench {
namespace {

// A loader that can't preload a library says so and goes on without it.
bool is_unusable(const outcome& end) {
    return !end.good() || end.errors.find("cannot be preloaded") != std::string::npos;
}

// Runs `tool` in front of the command and hands the file that it wrote to `read`.
template <class T, class Read>
counted<T> count_by(const command& what, const std::string& package,
                    std::vector<std::string> (*tool)(const std::string& file), Read&& read) {
    scratch files;
    const std::string path = files.path("counted");
    command under = what;
    std::vector<std::string> words = tool(path);
    under.words.insert(under.words.begin(), words.begin(), words.end());
    try {
        const outcome end = run(under, [](std::string_view) {});
        if (is_unusable(end)) {
            return {std::nullopt, package + ": " + end.reason()};
        }
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::no_such_file_or_directory) {
            return {std::nullopt, "not installed: apt install " + package};
        }
        throw;
    }
    std::ifstream file(path);
    auto value = read(file);
    return value ? counted<T>{std::move(value), ""}
                 : counted<T>{std::nullopt, package + ": counted nothing"};
}

// `123 madvise(0x7f…` and `madvise(…` begin with a name, whatever number stands before it; a line
// on a signal, an end, or a call that is resumed doesn't.
std::string_view name_of_call(std::string_view line) {
    const std::size_t begin = line.find_first_not_of("0123456789 ");
    if (begin == std::string_view::npos) {
        return {};
    }
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789");
    return end != std::string_view::npos && end != 0 && line[end] == '(' ? line.substr(0, end)
                                                                         : std::string_view();
}

bool is_mark(std::string_view line, int descriptor) {
    const std::string call = "close(" + std::to_string(descriptor);
    const std::size_t at = line.find(call);
    return at != std::string_view::npos && at + call.size() < line.size() &&
           (line[at + call.size()] == ')' || line[at + call.size()] == ' ');
}

} // namespace

std::uint64_t system_calls::total() const {
    std::uint64_t sum = 0;
    for (const auto& [name, count] : by_name) {
        sum += count;
    }
    return sum;
}

std::uint64_t system_calls::of(const std::string& name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? 0 : found->second;
}

counted<std::uint64_t> count_instructions(const command& what) {
    return count_by<std::uint64_t>(
        what, "valgrind",
        [](const std::string& file) -> std::vector<std::string> {
            return {"valgrind", "-q", "--tool=callgrind", "--collect-atstart=no",
                    "--callgrind-out-file=" + file};
        },
        [](std::istream& file) -> std::optional<std::uint64_t> {
            // Nothing collected means that the program wasn't built with the client requests.
            const auto total = read_callgrind(file);
            return total == 0u ? std::nullopt : total;
        });
}

counted<system_calls> count_system_calls(const command& what, calls_counted which) {
    return count_by<system_calls>(
        what, "strace",
        [](const std::string& file) -> std::vector<std::string> {
            return {"strace", "-f", "-qq", "-o", file};
        },
        [which](std::istream& file) { return read_strace(file, which); });
}

std::optional<std::uint64_t> read_callgrind(std::istream& file) {
    constexpr std::string_view key = "totals: ";
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(key)) {
            std::uint64_t total = 0;
            const char* const end = line.data() + line.size();
            const auto [stop, error] = std::from_chars(line.data() + key.size(), end, total);
            return error == std::errc() && stop == end ? std::optional(total) : std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<system_calls> read_strace(std::istream& file, calls_counted which) {
    system_calls calls;
    bool counts = which == calls_counted::all;
    bool marked = counts;
    for (std::string line; std::getline(file, line);) {
        const std::string_view name = name_of_call(line);
        if (which == calls_counted::between_marks && name == "close") {
            const bool begins = is_mark(line, begin_mark);
            if (begins || is_mark(line, end_mark)) {
                if (begins == counts) {
                    return std::nullopt; // a mark without its partner
                }
                counts = begins;
                marked = true;
                continue;
            }
        }
        if (counts && !name.empty()) {
            ++calls.by_name[std::string(name)];
        }
    }
    const bool complete = marked && counts == (which == calls_counted::all);
    return complete ? std::optional(std::move(calls)) : std::nullopt;
}

} // namespace ebb::bench
