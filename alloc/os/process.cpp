#include <ebb/alloc/os/process.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace ebb::os {
namespace {

// A small file whole, on the stack: the callers measure memory and must not take any.
class small_file {
  public:
    explicit small_file(const char* path) noexcept {
        const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            return;
        }
        ssize_t got = 0;
        while (length_ < text_.size() &&
               (got = ::read(descriptor, text_.data() + length_, text_.size() - length_)) > 0) {
            length_ += static_cast<std::size_t>(got);
        }
        ::close(descriptor);
    }

    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), length_}; }

  private:
    std::array<char, 8192> text_;
    std::size_t length_ = 0;
};

constexpr bool is_digit(char c) noexcept {
    return '0' <= c && c <= '9';
}

// The first number in `text` from `at` on, if there is one on that line.
std::optional<std::uint64_t> number_at(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) {
        ++at;
    }
    if (at >= text.size() || !is_digit(text[at])) {
        return std::nullopt;
    }
    std::uint64_t n = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
        n = n * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    return n;
}

// `NAME: n kB` of a procfs file, in bytes.
std::optional<std::uint64_t> field(std::string_view text, std::string_view name) noexcept {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; ++at) {
        if (at == 0 || text[at - 1] == '\n') {
            const auto n = number_at(text, at + name.size());
            return n ? std::optional(*n * 1024) : std::nullopt;
        }
    }
    return std::nullopt;
}

void lower(std::optional<std::uint64_t>& least, std::optional<std::uint64_t> value) noexcept {
    if (value) {
        least = least ? std::min(*least, *value) : value;
    }
}

// What a limit leaves beside what is used of it.
std::uint64_t rest(std::uint64_t limit, std::uint64_t used) noexcept {
    return limit > used ? limit - used : 0;
}

// The least that any control group above this process leaves.
std::optional<std::uint64_t> left_by_groups() noexcept {
    const small_file own("/proc/self/cgroup");
    const std::string_view text = own.text();
    const std::size_t line = text.find("0::/");
    if (line == std::string_view::npos) {
        return std::nullopt;
    }
    constexpr std::string_view mount = "/sys/fs/cgroup";
    std::string_view group = text.substr(line + 3, text.find('\n', line) - line - 3);
    std::optional<std::uint64_t> least;
    for (;;) {
        std::array<char, 4096> path{};
        if (mount.size() + group.size() + 32 > path.size()) {
            return least;
        }
        std::memcpy(path.data(), mount.data(), mount.size());
        std::memcpy(path.data() + mount.size(), group.data(), group.size());
        char* const end = path.data() + mount.size() + group.size();
        std::strcpy(end, "/memory.max");
        const auto limit = number_at(small_file(path.data()).text(), 0);
        std::strcpy(end, "/memory.current");
        const auto used = number_at(small_file(path.data()).text(), 0);
        if (limit && used) {
            lower(least, rest(*limit, *used));
        }
        if (group.empty()) {
            return least;
        }
        group = group.substr(0, group.rfind('/'));
    }
}

} // namespace

std::optional<std::uint64_t> anonymous_resident_bytes() noexcept {
    return field(small_file("/proc/self/smaps_rollup").text(), "Anonymous:");
}

std::optional<std::uint64_t> resident_bytes() noexcept {
    return field(small_file("/proc/self/smaps_rollup").text(), "Rss:");
}

std::optional<std::uint64_t> peak_resident_bytes() noexcept {
    return field(small_file("/proc/self/status").text(), "VmHWM:");
}

bool forget_peak_resident() noexcept {
    const int descriptor = ::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const bool done = ::write(descriptor, "5", 1) == 1;
    ::close(descriptor);
    return done;
}

std::optional<std::uint64_t> available_bytes() noexcept {
    std::optional<std::uint64_t> least = field(small_file("/proc/meminfo").text(), "MemAvailable:");
    lower(least, left_by_groups());
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        const auto used = field(small_file("/proc/self/status").text(), "VmSize:");
        lower(least, rest(limit.rlim_cur, used.value_or(0)));
    }
    return least;
}

} // namespace ebb::os
