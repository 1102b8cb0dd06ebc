// Runs one of the measuring programs and keeps what it printed, standard output and error apart.
#pragma once

#include <ebb/bench/process/child.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
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

inline printed program_run(const std::string& program, std::vector<std::string> arguments,
                           const std::string& preload = "") {
    ebb::bench::command what;
    what.words = std::move(arguments);
    what.words.insert(what.words.begin(), program);
    what.preload = preload;
    printed p;
    p.end = ebb::bench::run(what, [&p](std::string_view line) { (p.text += line) += '\n'; });
    return p;
}

/// Arguments that a program doesn't take, and what it says of them.
struct refused_words {
    std::vector<std::string> arguments;
    std::string says;
};

/// Whether each is answered by exit status 2 and one line on standard error, and nothing else.
inline void expect_refused(const std::string& program, const std::vector<refused_words>& cases) {
    for (const auto& [arguments, says] : cases) {
        const printed p = program_run(program, arguments);
        EXPECT_EQ(p.end.status, 2) << arguments.front();
        EXPECT_THAT(p.end.errors, testing::HasSubstr(says));
        EXPECT_EQ(p.error_lines(), 1) << p.end.errors;
        EXPECT_EQ(p.text, "");
    }
}
