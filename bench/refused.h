// What can't be done as it was asked for.
#pragma once

#include <stdexcept>

namespace ebb::bench {

/// Something that can't be done; what() is one line that says what can.
class refused : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace ebb::bench
