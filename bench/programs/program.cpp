#include <ebb/bench/process/elf.h>
#include <ebb/bench/programs/program.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace ebb::bench {
namespace {

namespace fs = std::filesystem;

constexpr int not_found = 127;
constexpr int not_executable = 126;
constexpr int most_interpreters = 5; // as the kernel follows

// 0 when it can be executed, else why not.
int error_of(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
        return errno;
    }
    if (!S_ISREG(about.st_mode)) {
        return S_ISDIR(about.st_mode) ? EISDIR : EACCES;
    }
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

// What a script's first line names; empty when it is none.
std::string interpreter_of_script(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string line;
    if (file.get() != '#' || file.get() != '!' || !std::getline(file, line)) {
        return {};
    }
    const std::size_t begin = line.find_first_not_of(" \t");
    return begin == std::string::npos
               ? std::string()
               : line.substr(begin, line.find_first_of(" \t\r", begin) - begin);
}

// The file that the kernel loads for the program at `path`. A text without #! goes to /bin/sh.
std::string loaded_for(std::string path) {
    for (int i = 0; i < most_interpreters; ++i) {
        const std::string next = interpreter_of_script(path);
        if (next.empty()) {
            return read_elf(path) ? path : "/bin/sh";
        }
        path = next;
    }
    return path;
}

// Whether the kernel gives the program rights that its caller hasn't got: the loader then ignores
// what is to be preloaded.
bool gains_rights(const std::string& path) {
    struct stat about {};
    struct statvfs mount {};
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || ::stat(path.c_str(), &about) != 0 ||
        (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0)) {
        return false;
    }
    const bool other_user = (about.st_mode & S_ISUID) != 0 && about.st_uid != ::getuid();
    const bool other_group = (about.st_mode & S_ISGID) != 0 && (about.st_mode & S_IXGRP) != 0 &&
                             about.st_gid != ::getgid();
    const bool capable =
        ::getuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
    return other_user || other_group || capable;
}

std::string own_loader() {
    const auto own = read_elf("/proc/self/exe");
    return own ? own->interpreter : std::string();
}

} // namespace

std::string find_program(const std::string& word) {
    const auto refuse = [&word](int error) -> not_started {
        return {word + ": " + (error == ENOENT ? "not found" : std::strerror(error)),
                error == ENOENT || error == ENOTDIR ? not_found : not_executable};
    };
    if (word.find('/') != std::string::npos) {
        if (const int error = error_of(word)) {
            throw refuse(error);
        }
        return word;
    }
    const char* const variable = std::getenv("PATH");
    std::string_view rest = variable == nullptr ? "/bin:/usr/bin" : variable;
    int first_error = ENOENT;
    for (bool more = !word.empty(); more;) {
        const std::size_t colon = rest.find(':');
        const std::string folder(rest.substr(0, colon));
        std::string path = (folder.empty() ? "." : folder) + "/" + word;
        const int error = error_of(path);
        if (error == 0) {
            return path;
        }
        if (error == EACCES && first_error == ENOENT) {
            first_error = error;
        }
        more = colon != std::string_view::npos;
        rest.remove_prefix(more ? colon + 1 : 0);
    }
    throw refuse(first_error);
}

std::string why_no_preload(const std::string& path) {
    const std::string loaded = loaded_for(path);
    const std::string name = loaded == path ? path : path + " (run by " + loaded + ")";
    const auto file = read_elf(loaded);
    if (!file) {
        return name + " is no program of a kind known here: no malloc can be preloaded into it";
    }
    if (!runs_here(*file)) {
        return name + " is a " + std::to_string(file->bits) +
               "-bit program of another machine: this ebb's mallocs can't be preloaded into it";
    }
    if (file->interpreter.empty()) {
        return name + " is statically linked: no malloc can be preloaded into it";
    }
    if (fs::path(file->interpreter).filename() != fs::path(own_loader()).filename()) {
        return name + " is loaded by " + file->interpreter + ", not by " + own_loader() +
               ": this system's mallocs can't be preloaded into it";
    }
    if (gains_rights(loaded)) {
        return name + " gains rights when it starts (set-user-ID, set-group-ID or capabilities): "
                      "the loader then ignores LD_PRELOAD";
    }
    return {};
}

bool shares_c_library(const std::string& path) {
    const auto file = read_elf(loaded_for(path));
    std::error_code error;
    return file && fs::equivalent(file->interpreter, own_loader(), error);
}

} // namespace ebb::bench
