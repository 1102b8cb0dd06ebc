// `[3/28] inline jemalloc collected` on a terminal, one line that is written over; nothing
// elsewhere.
#pragma once

#include <fmt/core.h>

#include <unistd.h>

#include <cstdio>
#include <string>

namespace ebb::bench {

class progress {
  public:
    progress() : shown_(::isatty(STDERR_FILENO) == 1) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() { clear(); }

    void say(const std::string& text) { write(text); }
    void show(std::size_t at, std::size_t of, const std::string& name) {
        write(fmt::format("[{}/{}] {}", at, of, name));
    }
    void clear() { write(""); }

  private:
    void write(const std::string& text) {
        if (shown_) {
            fmt::print(stderr, "\r\x1b[K{}", text);
            std::fflush(stderr);
        }
    }
    bool shown_;
};

} // namespace ebb::bench
