#include <ebb/bench/mallocs/malloc.h>
#include <ebb/cli/commands.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>

namespace ebb::cli {

std::function<int()> add_mallocs(CLI::App& program) {
    auto* const command =
        program.add_subcommand("mallocs", "The mallocs that ebb knows and where they lie");
    const auto path = std::make_shared<std::string>();
    command->add_option("--path", *path, "print only the path of this malloc's library")
        ->type_name("NAME");
    return [path] {
        int result = done;
        bool known = false;
        for (const bench::known_malloc& m : bench::known_mallocs) {
            if (m.file.empty() || (!path->empty() && *path != m.name)) {
                continue;
            }
            known = true;
            const auto found = bench::find_library(m);
            if (path->empty()) {
                fmt::print("{:<9} {}\n", m.name, found ? *found : bench::how_to_install(m));
            } else if (found) {
                fmt::print("{}\n", *found);
            } else {
                complain(fmt::format("{}: {}", m.name, bench::how_to_install(m)));
                result = not_installed;
            }
        }
        if (!known) {
            complain(fmt::format("--path {}: not one of {}", *path, bench::names_of_mallocs()));
            return static_cast<int>(usage);
        }
        return result;
    };
}

} // namespace ebb::cli
