// Runs the built `ebb` and keeps what it printed.
#pragma once

#include <tests/support/printed.h>

#include <string>
#include <utility>
#include <vector>

inline printed ebb_run(std::vector<std::string> arguments) {
    return program_run(EBB_PROGRAM, std::move(arguments));
}
