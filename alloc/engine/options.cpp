#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/options.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/os/frames.h>
#include <ebb/alloc/os/start_up.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace ebb::engine {
namespace {

constexpr const char* accepted = "purge_ms:0..3600000 or never, thread:on or off";

struct settings {
    std::uint32_t purge_ms = purge::default_ms;
    bool thread = true;
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
    if (key == "thread" && (value == "on" || value == "off")) {
        to.thread = value == "on";
        return true;
    }
    return false;
}

} // namespace

void apply_options(char** environment) noexcept {
    const char* text = nullptr;
    constexpr std::string_view name = "EBB_OPTIONS=";
    for (char** at = environment; at != nullptr && *at != nullptr; ++at) {
        if (std::strncmp(*at, name.data(), name.size()) == 0) {
            text = *at + name.size();
            break;
        }
    }
    if (text == nullptr || os::secure_execution()) {
        return;
    }
    settings chosen;
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
        if (!set(chosen, key, value)) {
            char line[256];
            std::snprintf(line, sizeof line, "ebb: EBB_OPTIONS: %.*s: not one of %s\n",
                          bounded<int>(word.size()), word.data(), accepted);
            os::write_error(line);
        }
    }
    purge::configure(chosen.purge_ms, chosen.thread);
}

} // namespace ebb::engine
