// A line that is put together without the C++ library and without allocating.
//
// Cost: none but the copying. Threads: one writer.
#pragma once

#include <ebb/bench/witness/line.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ebb::bench {

/// What doesn't fit is left out; the end of the line always fits.
class line_buffer {
  public:
    void clear() noexcept { length_ = 0; }
    void add(char c) noexcept {
        if (length_ + 1 < sizeof text_) {
            text_[length_++] = c;
        }
    }
    void add(const char* text) noexcept {
        for (; *text != '\0'; ++text) {
            add(*text);
        }
    }
    /// Text from outside: no control character of it gets into the line.
    void add_path(const char* path) noexcept {
        for (std::size_t n = 0; path[n] != '\0' && n < most_path_bytes; ++n) {
            add(static_cast<unsigned char>(path[n]) < ' ' || path[n] == '\x7f' ? '?' : path[n]);
        }
    }
    void add(std::uint64_t number) noexcept {
        char digits[20];
        std::size_t n = 0;
        do {
            digits[n++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (n != 0) {
            add(digits[--n]);
        }
    }
    void add(const std::optional<std::uint64_t>& number) noexcept {
        if (number) {
            add(*number);
        } else {
            add('-');
        }
    }
    void end_line() noexcept { text_[length_++] = '\n'; }

    [[nodiscard]] const char* data() const noexcept { return text_; }
    [[nodiscard]] std::size_t size() const noexcept { return length_; }

  private:
    char text_[most_line_bytes + 1];
    std::size_t length_ = 0;
};

} // namespace ebb::bench
