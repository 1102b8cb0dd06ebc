// The threads of the own process, by the kernel's word.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tests {

struct task {
    std::string id;
    std::string name;
};

inline std::vector<task> tasks() {
    std::vector<task> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        task t{entry.path().filename(), ""};
        std::ifstream(entry.path() / "comm") >> t.name;
        all.push_back(t);
    }
    return all;
}

/// The thread that names itself so, or "" where there is none.
inline std::string ebbs_thread() {
    for (const task& t : tasks()) {
        if (t.name == "ebb-purge") {
            return t.id;
        }
    }
    return "";
}

} // namespace tests
