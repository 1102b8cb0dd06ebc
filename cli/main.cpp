// ebb: where is every byte of the heap, and will it come back?
#include <ebb/cli/commands.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>

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

// `run` and `compare` take a command after `--`, whose words are not ebb's: they are split off
// before anything is parsed.
struct split_arguments {
    std::vector<const char*> own;
    std::vector<std::string> command;
    bool takes_command = false;
    bool marked = false; // there was a `--`
};

split_arguments split(int argc, char** argv) {
    split_arguments all;
    const std::string name = argc > 1 ? argv[1] : "";
    all.takes_command = name == "run" || name == "compare";
    for (int i = 0; i < argc; ++i) {
        const std::string word = argv[i];
        if (all.marked) {
            all.command.push_back(word);
        } else if (all.takes_command && word == "--") {
            all.marked = true;
        } else {
            all.own.push_back(argv[i]);
        }
    }
    return all;
}

// What is wrong with how a command was given; empty: nothing.
std::string complaint_of(const split_arguments& given, const CLI::ParseError& error) {
    const bool surplus = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                         error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    return given.takes_command && !given.marked && surplus
               ? fmt::format("; the command stands after --, as in `ebb {} --malloc=glibc -- ls`",
                             given.own[1])
               : std::string();
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
                   "malloc answered,\n4 a malloc named by --malloc, or a layout that was named, "
                   "isn't installed (the rest was\nmeasured), 126 and 127 a command can't be "
                   "executed or isn't found. `ebb run` ends with the\ncommand's own.");
    const split_arguments given = split(argc, argv);
    const std::map<std::string, std::function<int()>> commands{
        {"run", add_run(program, given.command)},
        {"compare", add_compare(program, given.command)},
        {"maps", add_maps(program)},
        {"spike", add_spike(program)},
        {"mallocs", add_mallocs(program)}};
    try {
        program.parse(static_cast<int>(given.own.size()), given.own.data());
    } catch (const CLI::Success& asked) {
        return program.exit(asked); // --help, --version
    } catch (const CLI::ParseError& error) {
        complain(fmt::format("{}; accepted: {}{}", one_line(error.what()), accepted_by(program),
                             complaint_of(given, error)));
        return usage;
    }
    try {
        const int result = commands.at(program.get_subcommands().front()->get_name())();
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
