#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/maps/others.h>

namespace ebb::bench {
namespace {

// Debian's package of a layout, by the build's list: "std=,boost-flat=libboost1.81-dev,...".
std::string package_of(layout l) {
    const std::string all = "," EBB_LAYOUT_PACKAGES ",";
    const std::string head = std::string(",").append(name_of(l)).append("=");
    const std::size_t at = all.find(head);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + head.size();
    return all.substr(begin, all.find(',', begin) - begin);
}

std::string program_name(layout l) {
    return std::string("ebb-cell-").append(name_of(l));
}

} // namespace

std::optional<std::string> program_of(layout l) {
    return family_of(l) == family::others ? find_cell_program(program_name(l))
                                          : std::optional(cell_program());
}

std::string how_to_install(const std::vector<layout>& layouts) {
    std::string programs;
    std::string packages;
    for (const layout l : layouts) {
        programs += (programs.empty() ? "no " : ", ") + program_name(l);
        const std::string package = package_of(l);
        if (!package.empty() && packages.find(package) == std::string::npos) {
            packages += ' ' + package;
        }
    }
    return "not installed: " + (packages.empty() ? programs + " beside this program"
                                                 : "apt install" + packages + ", build ebb again");
}

} // namespace ebb::bench
