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

std::optional<std::string> first_with(std::string_view file,
                                      const std::vector<std::string>& in_folders) {
    for (const std::string& folder : in_folders) {
        const std::filesystem::path path = std::filesystem::path(folder) / file;
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return path.string();
        }
    }
    return std::nullopt;
}

} // namespace

const known_malloc* find_malloc(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(known_mallocs.begin(), known_mallocs.end(),
                     [name](const known_malloc& m) { return m.name == name; });
    return found == known_mallocs.end() ? nullptr : found;
}

std::string names_of_mallocs() {
    std::string names;
    for (const known_malloc& m : known_mallocs) {
        if (!m.file.empty()) {
            names += (names.empty() ? "" : ", ") + std::string(m.name);
        }
    }
    return names;
}

std::optional<std::string> find_library(const known_malloc& malloc) {
    if (malloc.file.empty()) {
        return std::nullopt;
    }
    if (malloc.package.empty()) {
        if (auto own = find_own_library(malloc.file)) {
            return own;
        }
    }
    return first_with(malloc.file, folders());
}

std::optional<std::string> find_own_library(std::string_view file) {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path above = program.parent_path().parent_path();
    return error ? std::nullopt
                 : first_with(file, {(above / EBB_LIBDIR).string(), (above / "lib").string()});
}

std::string how_to_install(const known_malloc& malloc) {
    return malloc.package.empty()
               ? "not installed: no " + std::string(malloc.file) + " beside this program"
               : "not installed: apt install " + std::string(malloc.package);
}

bool in_default_list(const known_malloc& malloc) {
    return malloc.file.empty() || !malloc.package.empty() || find_library(malloc).has_value();
}

} // namespace ebb::bench
