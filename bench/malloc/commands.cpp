#include <ebb/bench/malloc/commands.h>

#include <filesystem>
#include <stdexcept>

namespace ebb::bench::suite {
namespace {

std::string beside(const std::string& name) {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    if (!std::filesystem::is_regular_file(path)) {
        throw std::runtime_error("no program " + path.string());
    }
    return path.string();
}

} // namespace

task_commands::task_commands()
    : micro_(beside("bench_malloc_micro")), cell_(beside("bench_malloc_cell")) {}

command task_commands::of(const task& t, const subject& m, std::uint64_t iterations) {
    command what;
    switch (t.kind) {
    case task_kind::micro: {
        const std::string n = std::to_string(iterations);
        what.words = {micro_,
                      m.name,
                      m.library,
                      n,
                      "--benchmark_filter=^" + t.words[0] + "/iterations:" + n + t.words[1] + "$",
                      "--benchmark_format=json"};
        break;
    }
    case task_kind::scenario:
        what.words = {cell_, t.words.front(), m.name, m.library};
        what.words.insert(what.words.end(), t.words.begin() + 1, t.words.end());
        break;
    case task_kind::program:
        return launching(t.under, m);
    }
    what.preload = links_.preloadable(m.library);
    what.environment = m.environment;
    return what;
}

command task_commands::launching(const program& p, const subject& m) {
    command what;
    what.words = {cell_, p.socket.empty() ? "launch" : "serve", links_.preloadable(m.library)};
    if (!p.socket.empty()) {
        what.words.push_back(p.socket);
    }
    what.words.insert(what.words.end(), p.words.begin(), p.words.end());
    if (!p.socket.empty()) {
        what.words.emplace_back("--");
        what.words.insert(what.words.end(), p.client.begin(), p.client.end());
    }
    what.environment = p.environment;
    what.environment.insert(what.environment.end(), m.environment.begin(), m.environment.end());
    return what;
}

} // namespace ebb::bench::suite
