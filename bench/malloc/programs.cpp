#include <ebb/bench/malloc/inputs.h>
#include <ebb/bench/malloc/programs.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace ebb::bench::suite {
namespace {

constexpr std::array<known_program, 7> programs{{
    {"g++", "g++ compiles one file", "g++", "g++"},
    {"python", "python3, dictionaries and json", "python3", "python3"},
    {"sqlite", "sqlite3, inserts and a query", "sqlite3", "sqlite3"},
    {"perl", "perl, strings and hashes", "perl", "perl-base"},
    {"git", "git log -p", "git", "git"},
    {"sort", "sort", "sort", "coreutils"},
    {"redis", "redis-server under redis-benchmark", "redis-server", "redis-server"},
}};

// Debian's own first: a PATH may lead to a version manager's script, or to a build with a malloc
// linked in.
std::optional<std::string> find_program(std::string_view file) {
    std::string folders = "/usr/bin";
    if (const char* const path = std::getenv("PATH")) {
        folders += ':';
        folders += path;
    }
    for (std::size_t at = 0; at <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', at), folders.size());
        const std::filesystem::path found =
            std::filesystem::path(folders.substr(at, end - at)) / file;
        std::error_code error;
        if (found.is_absolute() && std::filesystem::is_regular_file(found, error)) {
            return found.string();
        }
        at = end + 1;
    }
    return std::nullopt;
}

std::string missing(std::string_view package) {
    return "not installed: apt install " + std::string(package);
}

void fill_in(program& p, const std::string& path, scratch& inputs, bool quick) {
    if (p.name == "g++") {
        p.words = {path, "-std=c++17", "-O1", "-c", write_source(inputs, quick), "-o", "/dev/null"};
    } else if (p.name == "python") {
        // Without it python serves small objects from pages of its own.
        p.environment = {"PYTHONMALLOC=malloc", "PYTHONHASHSEED=0"};
        p.words = {path, write_python(inputs, quick)};
    } else if (p.name == "sqlite") {
        p.words = {path, "-batch", ":memory:", ".read " + write_sql(inputs, quick)};
    } else if (p.name == "perl") {
        p.environment = {"PERL_HASH_SEED=0"};
        p.words = {path, write_perl(inputs, quick)};
    } else if (p.name == "git") {
        p.environment = {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"};
        p.words = {path, "-C",    make_repository(inputs, path, quick), "--no-pager", "log",
                   "-p", "--stat"};
    } else if (p.name == "sort") {
        p.environment = {"LC_ALL=C"};
        p.words = {
            path, "--parallel=2", "-S", "64M", "-T", inputs.path(""), write_lines(inputs, quick)};
    } else if (const auto client = find_program("redis-benchmark")) {
        p.socket = inputs.path("redis");
        p.words = {path, "--port",       "0",        "--unixsocket", p.socket,        "--save",
                   "",   "--appendonly", "no",       "--dir",        inputs.path(""), "--daemonize",
                   "no", "--logfile",    "/dev/null"};
        p.client = {*client,  "-s",
                    p.socket, "-q",
                    "-t",     "set,get,lpush,lrange_100,hset",
                    "-c",     "20",
                    "-d",     "200",
                    "-r",     "100000",
                    "-P",     "16",
                    "-n",     quick ? "20000" : "100000"};
    } else {
        p.missing = missing("redis-tools");
    }
}

} // namespace

const std::array<known_program, 7>& known_programs() noexcept {
    return programs;
}

std::vector<program> make_programs(scratch& inputs, bool quick) {
    std::vector<program> all;
    for (const known_program& known : programs) {
        program p;
        p.name = known.name;
        p.what = known.what;
        if (const auto path = find_program(known.file)) {
            fill_in(p, *path, inputs, quick);
        } else {
            p.missing = missing(known.package);
        }
        all.push_back(std::move(p));
    }
    return all;
}

} // namespace ebb::bench::suite
