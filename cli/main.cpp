// ebb: where is every byte of the heap, and will it come back?
#include <ebb/cli/commands.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace {

// CLI11's own words may take several lines; a complaint takes one, and says what is accepted.
std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.substr(0, text.find_last_not_of(" .") + 1);
}

std::string accepted_by(const CLI::App& program) {
    const auto chosen = program.get_subcommands();
    const CLI::App& innermost = chosen.empty() ? program : *chosen.front();
    std::string list;
    const auto add = [&list](const std::string& word) {
        list += (list.empty() ? "" : ", ") + word;
    };
    for (const CLI::App* command : innermost.get_subcommands(nullptr)) {
        add(command->get_name());
    }
    for (const CLI::Option* option : innermost.get_options()) {
        add(option->get_name(false, true).substr(option->get_name(false, true).rfind(',') + 1));
    }
    return list;
}

} // namespace

void ebb::cli::complain(const std::string& text) {
    fmt::print(stderr, "ebb: {}\n", text);
}

int main(int argc, char** argv) {
    using namespace ebb::cli; // NOLINT: a program's own file
    CLI::App program("Where is every byte of the heap, and will it come back after the peak?",
                     "ebb");
    program.set_version_flag("--version", "ebb " EBB_VERSION);
    program.require_subcommand(1);
    program.footer("Exit status: 0 done, 1 something couldn't be measured, 2 usage, 3 another "
                   "malloc answered,\n4 a malloc named by --malloc isn't installed (the rest was "
                   "measured).");
    const auto maps = add_maps(program);
    const auto mallocs = add_mallocs(program);
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return program.exit(asked); // --help, --version
    } catch (const CLI::ParseError& error) {
        complain(fmt::format("{}; accepted: {}", one_line(error.what()), accepted_by(program)));
        return usage;
    }
    try {
        const int result = program.got_subcommand("maps") ? maps() : mallocs();
        if (std::fflush(stdout) != 0) {
            complain("can't write to standard output");
            return failed;
        }
        return result;
    } catch (const std::exception& error) {
        complain(one_line(error.what()));
        return failed;
    }
}
