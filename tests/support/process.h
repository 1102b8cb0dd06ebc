// What tests ask about other processes.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

namespace tests {

/// Whether a process runs: a zombie that nobody has reaped yet doesn't.
inline bool runs(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string id;
    std::string name;
    std::string state;
    return (stat >> id >> name >> state) && state != "Z" && state != "X";
}

} // namespace tests
