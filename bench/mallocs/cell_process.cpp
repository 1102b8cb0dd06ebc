#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/process/child.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace ebb::bench {

std::string cell_program() {
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const auto& path :
         std::array{own / "ebb-cell", own / "../libexec/ebb/ebb-cell", own / "../bin/ebb-cell"}) {
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return path.lexically_normal().string();
        }
    }
    throw std::runtime_error("no program ebb-cell beside " + own.string());
}

void run_cell_process(std::vector<std::string> words, std::string_view malloc,
                      const std::string& library, scratch& links,
                      const std::function<void(std::string_view)>& line) {
    constexpr int wrong_malloc_status = 3;
    command what;
    what.words = std::move(words);
    what.words.insert(what.words.begin(), cell_program());
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
