#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/programs/program.h>
#include <ebb/bench/programs/under.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

extern char** environ; // NOLINT: POSIX's name

namespace ebb::bench {
namespace {

// What the loader is to load, and what the witness is told of it.
struct preload {
    std::string libraries;
    std::string told;
};

std::string witness() {
    if (auto found = find_own_library(witness_library)) {
        return *found;
    }
    throw std::runtime_error(std::string("no ") + witness_library + " beside this program");
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A malloc that keeps a ledger itself has a function of that name in its table of symbols.
bool keeps_ledger(const chosen_malloc& malloc) {
    using namespace std::string_literals;
    return malloc.known == "ebb" ||
           text_of(malloc.library).find("\0ebb_heap_ledger\0"s) != std::string::npos;
}

// The witness stands first: it takes nothing over but _exit, and the loader sets up what stands
// later before it (a malloc may tell nothing of itself until then). Then the malloc, so that
// nothing else's comes before it; what the user preloads last. But glibc's own library goes behind
// that: it is every program's C library and would hide whatever a user's library takes over of it.
// It must be named all the same: a program may be linked with another malloc.
preload preload_for(const chosen_malloc& malloc, const task& what, const run_options& options,
                    scratch& files, const std::string& records) {
    const std::string library = files.preloadable(malloc.library);
    std::string front;
    if (options.count && !keeps_ledger(malloc)) {
        if (const auto counting = counting_library()) {
            front = files.preloadable(*counting);
        }
    }
    std::vector<std::string> order{files.preloadable(witness()), front};
    const bool glibc = malloc.known == "glibc";
    if (!glibc) {
        order.push_back(library);
    }
    if (const char* const users = std::getenv("LD_PRELOAD")) {
        order.emplace_back(users);
    }
    if (glibc && shares_c_library(what.path)) {
        order.push_back(library);
    }
    preload made;
    for (const std::string& each : order) {
        if (!each.empty()) {
            made.libraries += (made.libraries.empty() ? "" : ":") + each;
        }
    }
    made.told = std::to_string(::getpid()) + ":" + (malloc.known.empty() ? "-" : malloc.known) +
                ":" + records + ":" + front + ":" + library;
    return made;
}

std::vector<std::string> environment_with(const preload& with) {
    const std::string library_variable = "LD_PRELOAD=";
    const std::string own_variable = std::string(witness_variable) + "=";
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string variable = *entry;
        if (!variable.starts_with(library_variable) && !variable.starts_with(own_variable)) {
            all.push_back(variable);
        }
    }
    all.push_back(library_variable + with.libraries);
    all.push_back(own_variable + with.told);
    return all;
}

// The file that the witnesses append to. Writable by all: a process may give up its rights.
void make_records(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        throw std::system_error(errno, std::generic_category(), path);
    }
    ::fchmod(file, 0622);
    ::close(file);
}

} // namespace

std::string task::typed() const {
    static const std::string plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "%+,-./:=@_";
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : " ";
        if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
            text += word;
            continue;
        }
        text += '\'';
        for (const char c : word) {
            text += c == '\'' ? "'\\''" : std::string(1, c == '\n' ? ' ' : c);
        }
        text += '\'';
    }
    return text;
}

task make_task(const std::vector<std::string>& words) {
    task made{words, find_program(words.front())};
    const std::string why = why_no_preload(made.path);
    if (!why.empty()) {
        throw no_preload(why);
    }
    return made;
}

std::optional<std::string> counting_library() {
    return find_own_library("libebbcount.so");
}

const witnessed* run_record::first() const noexcept {
    return !processes.empty() && processes.front().pid == how.pid ? &processes.front() : nullptr;
}

std::optional<std::uint64_t> run_record::peak_resident() const noexcept {
    std::optional<std::uint64_t> most = how.peak_resident;
    for (const witnessed& process : processes) {
        if (process.peak_resident) {
            most = std::max(most.value_or(0), *process.peak_resident);
        }
    }
    return most;
}

std::string run_record::wrong() const {
    const witnessed* const own = first();
    return own == nullptr ? "no witness was loaded into it: which malloc answers can't be told"
                          : own->verdict;
}

run_record run_under(const chosen_malloc& malloc, const task& what, const run_options& options,
                     scratch& files) {
    // A file of each run's own: what still runs from the last one must not speak in this.
    static int runs = 0;
    const std::string records = files.path("records" + std::to_string(++runs));
    make_records(records);
    launch_plan plan;
    plan.path = what.path;
    plan.words = what.words;
    plan.environment = environment_with(preload_for(malloc, what, options, files, records));
    if (options.quiet) {
        plan.errors_to = files.path("errors");
    }
    run_record made;
    made.how = launch(plan);
    made.processes = read_witnessed(text_of(records), made.how.pid);
    for (witnessed& process : made.processes) {
        process.runs = !process.ended && process.pid != made.how.pid && ::kill(process.pid, 0) == 0;
    }
    ::unlink(records.c_str());
    if (options.quiet) {
        const std::string errors = text_of(*plan.errors_to);
        made.first_error = errors.substr(0, errors.find('\n'));
    }
    return made;
}

} // namespace ebb::bench
