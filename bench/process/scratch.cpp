#include <ebb/bench/process/scratch.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace ebb::bench {

bool fits_preload(std::string_view path) noexcept {
    return path.find_first_of(" \t\n:") == std::string_view::npos;
}

void scratch::make() {
    const char* const wanted = std::getenv("TMPDIR");
    std::string made;
    if (wanted != nullptr && *wanted == '/' && fits_preload(wanted)) {
        made = std::string(wanted) + "/ebb-XXXXXX";
        if (::mkdtemp(made.data()) == nullptr) {
            made.clear();
        }
    }
    if (made.empty()) {
        made = "/tmp/ebb-XXXXXX";
        if (::mkdtemp(made.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), "no folder in TMPDIR or /tmp");
        }
    }
    ::chmod(made.c_str(), 0711);
    folder_ = made;
}

scratch::~scratch() {
    if (folder_.empty()) {
        return;
    }
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
}

std::string scratch::path(std::string_view name) {
    if (folder_.empty()) {
        make();
    }
    return folder_ + "/" + std::string(name);
}

std::string scratch::preloadable(const std::string& library) {
    if (fits_preload(library)) {
        return library;
    }
    // A name of its own for each path: two libraries may share a file name.
    std::string link;
    for (int n = 0;; ++n) {
        link = path("lib" + std::to_string(n) + ".so");
        if (::symlink(library.c_str(), link.c_str()) == 0) {
            return link;
        }
        if (errno != EEXIST) {
            throw std::system_error(errno, std::generic_category(), link);
        }
        std::error_code error;
        if (std::filesystem::read_symlink(link, error) == library) {
            return link;
        }
    }
}

} // namespace ebb::bench
