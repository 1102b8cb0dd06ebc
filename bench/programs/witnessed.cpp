#include <ebb/bench/programs/witnessed.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace ebb::bench {
namespace {

constexpr std::size_t named_fields = 5; // kind, pid, parent, program, object
constexpr std::size_t start_fields = named_fields + 1;
constexpr std::size_t end_fields = named_fields + 2 + ledger_terms;

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const std::size_t tab = line.find('\t');
        fields.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) {
            return fields;
        }
        line.remove_prefix(tab + 1);
    }
}

template <class T>
std::optional<T> number(std::string_view text) {
    T n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(n)
                                                                    : std::nullopt;
}

// A library may have been preloaded by a link.
std::string real(std::string_view path) {
    std::error_code error;
    const auto found = std::filesystem::canonical(path, error);
    return error ? std::string(path) : found.string();
}

std::optional<witnessed> names_of(const std::vector<std::string_view>& fields) {
    if (fields.size() < named_fields) {
        return std::nullopt;
    }
    const auto pid = number<pid_t>(fields[1]);
    const auto parent = number<pid_t>(fields[2]);
    if (!pid || !parent) {
        return std::nullopt;
    }
    witnessed process;
    process.pid = *pid;
    process.parent = *parent;
    process.program = fields[3];
    process.malloc = fields[4].empty() ? std::string() : real(fields[4]);
    return process;
}

// The last process of that id, if it hasn't ended.
witnessed* running(std::vector<witnessed>& all, pid_t pid) {
    const auto last =
        std::find_if(all.rbegin(), all.rend(), [pid](const witnessed& w) { return w.pid == pid; });
    return last == all.rend() || last->ended ? nullptr : &*last;
}

void begin(std::vector<witnessed>& all, const witnessed& named, std::string_view verdict) {
    witnessed* at = running(all, named.pid);
    // Under another parent it is another process: the number came round.
    if (at == nullptr || at->parent != named.parent) {
        at = &all.emplace_back();
    }
    *at = named;
    at->verdict = verdict;
    at->began = true;
}

void end(std::vector<witnessed>& all, const witnessed& named,
         const std::vector<std::string_view>& fields) {
    witnessed* at = running(all, named.pid);
    if (at == nullptr || at->parent != named.parent) {
        // Forked: what answers there is what answered in its parent.
        const auto image = std::find_if(all.begin(), all.end(), [&named](const witnessed& w) {
            return w.malloc == named.malloc && w.program == named.program;
        });
        const std::string verdict = image == all.end() ? std::string() : image->verdict;
        at = &all.emplace_back(named);
        at->verdict = verdict;
    }
    at->ended = true;
    at->resident = number<std::uint64_t>(fields[named_fields]);
    at->peak_resident = number<std::uint64_t>(fields[named_fields + 1]);
    for (std::size_t i = 0; i < ledger_terms; ++i) {
        at->ledger[i] = number<std::uint64_t>(fields[named_fields + 2 + i]);
    }
}

} // namespace

bool witnessed::has_ledger() const noexcept {
    return std::any_of(ledger.begin(), ledger.end(), [](const auto& term) { return !!term; });
}

std::vector<witnessed> read_witnessed(std::string_view lines, pid_t first) {
    std::vector<witnessed> all;
    while (!lines.empty()) {
        const std::size_t length = std::min(lines.find('\n'), lines.size());
        const auto fields = split(lines.substr(0, length));
        lines.remove_prefix(std::min(length + 1, lines.size()));
        const auto named = names_of(fields);
        if (named && fields[0] == "start" && fields.size() == start_fields) {
            begin(all, *named, fields[named_fields]);
        } else if (named && fields[0] == "end" && fields.size() == end_fields) {
            end(all, *named, fields);
        }
    }
    std::stable_partition(all.begin(), all.end(),
                          [first](const witnessed& w) { return w.pid == first; });
    return all;
}

} // namespace ebb::bench
