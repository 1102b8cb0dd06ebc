// A folder of one's own for as long as something runs, and paths that LD_PRELOAD can hold.
//
// LD_PRELOAD ends a path at a space or a colon. A library whose path has one gets a link here; the
// folder's own path never has any.
#pragma once

#include <string>
#include <string_view>

namespace ebb::bench {

/// Made in TMPDIR or /tmp when it is first needed, gone with everything in it at the end of its
/// life. Others may pass through it but not list it: a process that gives up its rights must still
/// find its libraries. Throws std::system_error when no folder can be made.
class scratch {
  public:
    scratch() = default;
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch();

    /// The path of a file of that name in it; the file isn't made.
    [[nodiscard]] std::string path(std::string_view name);

    /// `library` itself, or a link to it.
    [[nodiscard]] std::string preloadable(const std::string& library);

  private:
    void make();
    std::string folder_; // empty until it is made
};

/// Whether LD_PRELOAD can hold the path as it is.
[[nodiscard]] bool fits_preload(std::string_view path) noexcept;

} // namespace ebb::bench
