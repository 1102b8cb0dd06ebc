#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/process/child.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace ebb::bench {

std::optional<std::string> find_cell_program(const std::string& name) {
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const auto& path :
         std::array{own / name, own / "../libexec/ebb" / name, own / "../bin" / name}) {
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return path.lexically_normal().string();
        }
    }
    return std::nullopt;
}

std::string cell_program() {
    if (auto found = find_cell_program("ebb-cell")) {
        return *found;
    }
    throw std::runtime_error("no program ebb-cell beside this program");
}

void run_cell_process(std::vector<std::string> words, std::string_view malloc,
                      const std::string& library, scratch& links,
                      const std::function<void(std::string_view)>& line,
                      const std::string& program) {
    constexpr int wrong_malloc_status = 3;
    command what;
    what.words = std::move(words);
    what.words.insert(what.words.begin(), program);
    if (!library.empty()) {
        what.words.push_back(library);
        if (malloc != "glibc") {
            what.preload = links.preloadable(library);
        }
    }
    const outcome end = run(what, line);
    if (!end.good()) {
        throw cell_failed(end.reason(), end.signal == 0 && end.status == wrong_malloc_status);
    }
}

} // namespace ebb::bench
