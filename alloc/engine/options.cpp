#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/options.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/os/frames.h>
#include <ebb/alloc/os/pages.h>
#include <ebb/alloc/os/start_up.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

// The program's, fixed when it was built; null where it has none.
extern "C" __attribute__((weak, visibility("default"))) const char* ebb_options; // NOLINT

namespace ebb::engine {
namespace {

constexpr std::string_view accepted =
    "purge_ms:0..3600000 or never, thread:auto, on or off, names:on or off";
constexpr std::size_t shown_bytes = 100; // of a word that is no setting

struct settings {
    std::uint32_t purge_ms = purge::default_ms;
    companion::mode thread = companion::mode::automatic;
    bool names = false;
};

// Whether `text` is a setting; if so, it is in `to`.
bool set(settings& to, std::string_view key, std::string_view value) noexcept {
    if (key == "purge_ms") {
        if (value == "never") {
            to.purge_ms = purge::never;
            return true;
        }
        std::uint32_t ms = 0;
        const auto end = value.data() + value.size();
        const auto [at, error] = std::from_chars(value.data(), end, ms);
        if (error != std::errc{} || at != end || ms > 3'600'000) {
            return false;
        }
        to.purge_ms = ms;
        return true;
    }
    const bool on = value == "on";
    if (key == "thread" && (on || value == "off" || value == "auto")) {
        to.thread = on               ? companion::mode::on
                    : value == "off" ? companion::mode::off
                                     : companion::mode::automatic;
        return true;
    }
    if (key == "names" && (on || value == "off")) {
        to.names = on;
        return true;
    }
    return false;
}

// Writes a word so that one line can hold it: cut where it is long, and without control characters.
void show(std::string_view word, char (&out)[shown_bytes]) noexcept {
    constexpr std::string_view cut = "...";
    const std::size_t fits = shown_bytes - cut.size() - 1;
    const auto end = std::transform(word.begin(), word.begin() + std::min(word.size(), fits), out,
                                    [](char c) { return '\0' < c && c < ' ' ? '?' : c; });
    *std::copy_n(cut.begin(), word.size() > fits ? cut.size() : 0, end) = '\0';
}

// Takes the settings of a text; what is none is told in one line, by where it stood.
void read(settings& to, const char* text, const char* where) noexcept {
    for (const char* at = text; *at != '\0';) {
        const std::string_view word(at, std::strcspn(at, ","));
        at += word.size() + (at[word.size()] == ',' ? 1 : 0);
        if (word.empty()) {
            continue;
        }
        const std::size_t colon = std::min(word.find(':'), word.size());
        const std::string_view key(word.data(), colon);
        const std::string_view value(word.data() + std::min(colon + 1, word.size()),
                                     word.size() - std::min(colon + 1, word.size()));
        if (!set(to, key, value)) {
            char shown[shown_bytes];
            show(word, shown);
            char line[256];
            static_assert(sizeof line > sizeof shown + accepted.size() + 32);
            std::snprintf(line, sizeof line, "ebb: %s: %s: not one of %s\n", where, shown,
                          accepted.data());
            os::write_error(line);
        }
    }
}

const char* in_environment(char** environment) noexcept {
    constexpr std::string_view name = "EBB_OPTIONS=";
    for (char** at = environment; at != nullptr && *at != nullptr; ++at) {
        if (std::strncmp(*at, name.data(), name.size()) == 0) {
            return *at + name.size();
        }
    }
    return nullptr;
}

} // namespace

void apply_options(char** environment) noexcept {
    settings chosen;
    if (&ebb_options != nullptr && ebb_options != nullptr) {
        read(chosen, ebb_options, "ebb_options");
    }
    const char* const text = in_environment(environment);
    if (text != nullptr && !os::secure_execution()) {
        read(chosen, text, "EBB_OPTIONS");
    }
    purge::configure(chosen.purge_ms);
    companion::configure(chosen.thread);
    os::show_names(chosen.names);
}

} // namespace ebb::engine
