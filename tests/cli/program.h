// Runs the built `ebb` and keeps what it printed.
#pragma once

#include <ebb/bench/process/child.h>

#include <algorithm>
#include <string>
#include <vector>

struct printed {
    ebb::bench::outcome end;
    std::string text; ///< standard output

    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end_of_line = text.find('\n', at);
            all.push_back(text.substr(at, end_of_line - at));
            at = end_of_line + 1;
        }
        return all;
    }
    [[nodiscard]] std::ptrdiff_t error_lines() const {
        return std::count(end.errors.begin(), end.errors.end(), '\n');
    }
};

inline printed ebb_run(std::vector<std::string> arguments,
                       const std::string& program = EBB_PROGRAM) {
    ebb::bench::command what;
    what.words = {program};
    what.words.insert(what.words.end(), arguments.begin(), arguments.end());
    printed p;
    p.end = ebb::bench::run(what, [&p](std::string_view line) { (p.text += line) += '\n'; });
    return p;
}
