// What the reports' JSON has in common.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace ebb::bench {

/// Keys stay in the order in which they were set.
using json_object = nlohmann::ordered_json;

/// null for what is absent.
template <class T>
json_object value_or_null(const std::optional<T>& v) {
    return v ? json_object(*v) : json_object(nullptr);
}
inline json_object text_or_null(const std::string& text) {
    return text.empty() ? json_object(nullptr) : json_object(text);
}

/// On one line. A file's name may hold any bytes, JSON is UTF-8: others become U+FFFD.
inline std::string line_of(const json_object& o) {
    return o.dump(-1, ' ', false, json_object::error_handler_t::replace) + '\n';
}

} // namespace ebb::bench
