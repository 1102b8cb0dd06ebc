#include <ebb/bench/programs/program.h>
#include <ebb/bench/programs/under.h>
#include <ebb/bench/report/run.h>
#include <ebb/cli/arguments.h>
#include <ebb/cli/commands.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace ebb::cli {
namespace {

struct run_words {
    std::string malloc = "ebb";
    std::string output;
    bool json = false;
    bool no_count = false;
};

// Where the report goes: opened before the program starts, closed to it.
class report_file {
  public:
    explicit report_file(const std::string& path)
        : descriptor_(path.empty()
                          ? STDERR_FILENO
                          : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
        if (descriptor_ < 0) {
            refuse("-o", path, std::strerror(errno));
        }
    }
    report_file(const report_file&) = delete;
    report_file& operator=(const report_file&) = delete;
    ~report_file() {
        if (descriptor_ != STDERR_FILENO) {
            ::close(descriptor_);
        }
    }
    // Whether all of it was written.
    [[nodiscard]] bool write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = ::write(descriptor_, text.data(), text.size());
            if (written < 0 && errno != EINTR) {
                return false;
            }
            text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
        }
        return true;
    }

  private:
    int descriptor_;
};

int run(const run_words& w, const std::vector<std::string>& command) {
    if (command.empty()) {
        complain("run: no command: it stands after --, as in `ebb run --malloc=glibc -- ls`");
        return usage;
    }
    bench::scratch files;
    bench::run_record record;
    try {
        const bench::chosen_malloc malloc = bench::choose_malloc(w.malloc);
        if (!malloc.missing.empty()) {
            complain(fmt::format("{}: {}", malloc.name, malloc.missing));
            return not_installed;
        }
        const bench::task task = bench::make_task(command);
        const report_file report(w.output);
        bench::run_options options;
        options.count = !w.no_count;
        record = bench::run_under(malloc, task, options, files);
        const std::string wrong = record.wrong();
        if (!wrong.empty()) {
            complain(
                fmt::format("{} doesn't answer in {}: {}", malloc.name, command.front(), wrong));
            return wrong_malloc;
        }
        if (!report.write(w.json ? bench::run_json(malloc, task, record)
                                 : bench::run_table(malloc, task, options, record))) {
            complain(fmt::format("can't write {}: {}",
                                 w.output.empty() ? "to standard error" : w.output,
                                 std::strerror(errno)));
        }
    } catch (const bench::refused& no) {
        complain(no.what());
        return usage;
    } catch (const bench::no_preload& no) {
        complain(no.what());
        return wrong_malloc;
    } catch (const bench::not_started& no) {
        complain(no.what());
        return no.status();
    }
    return record.how.exit_status();
}

} // namespace

std::function<int()> add_run(CLI::App& program, const std::vector<std::string>& command) {
    auto* const self = program.add_subcommand(
        "run", "A program under any malloc, and where its bytes stand when it ends");
    const auto w = std::make_shared<run_words>();
    self->add_option("--malloc", w->malloc,
                     "glibc, jemalloc, mimalloc, tcmalloc, ebb (without it), or a library's path")
        ->type_name("NAME|PATH");
    self->add_flag("--no-count", w->no_count,
                   "don't count in front of a malloc that keeps no ledger");
    self->add_flag("--json", w->json, "one object instead of the table");
    self->add_option("-o,--output", w->output, "write to this file, not to standard error")
        ->type_name("FILE");
    self->footer("The command stands after --: ebb run [OPTIONS] -- COMMAND...\n"
                 "The program's input, output and signals are its own; its exit status is passed "
                 "on, 128 + n for\nsignal n. The report follows its end. ebb's own: 2 usage, 3 "
                 "the malloc doesn't answer in the\nprogram (or can't be preloaded), 4 it isn't "
                 "installed, 126 and 127 as a shell's.");
    return [w, &command] { return run(*w, command); };
}

} // namespace ebb::cli
