#include <ebb/bench/mallocs/malloc.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace ebb::bench {
namespace {

// Where this process's C library lies: the folder of its architecture.
std::string folder_of_libc() {
    Dl_info info{};
    void* const symbol = ::dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    if (symbol == nullptr || ::dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) {
        return {};
    }
    return std::filesystem::path(info.dli_fname).parent_path().string();
}

std::vector<std::string> folders() {
    std::vector<std::string> all;
    if (const char* const path = std::getenv("LD_LIBRARY_PATH")) {
        std::string_view rest = path;
        while (!rest.empty()) {
            const std::size_t colon = std::min(rest.find(':'), rest.size());
            if (colon != 0) {
                all.emplace_back(rest.substr(0, colon));
            }
            rest.remove_prefix(std::min(colon + 1, rest.size()));
        }
    }
    const std::string own = folder_of_libc();
    if (!own.empty()) {
        all.push_back(own);
        all.push_back("/usr" + own);
    }
    all.insert(all.end(), {"/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib64", "/lib"});
    return all;
}

} // namespace

const known_malloc* find_malloc(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(known_mallocs.begin(), known_mallocs.end(),
                     [name](const known_malloc& m) { return m.name == name; });
    return found == known_mallocs.end() ? nullptr : found;
}

std::optional<std::string> find_library(const known_malloc& malloc) {
    if (malloc.file.empty()) {
        return std::nullopt;
    }
    for (const std::string& folder : folders()) {
        const std::filesystem::path path = std::filesystem::path(folder) / malloc.file;
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return path.string();
        }
    }
    return std::nullopt;
}

} // namespace ebb::bench
