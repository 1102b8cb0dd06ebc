// Where the program stands, for a last message.
#pragma once

namespace ebb::os {

/// Writes `text` to standard error in one call. No allocation; errno untouched.
void write_error(const char* text) noexcept;

/// Writes the calling frames to standard error, a line each, as `object(symbol+offset) [address]`.
/// May allocate (libc loads its unwinder at the first call): for programs that end anyway.
void write_frames() noexcept;

} // namespace ebb::os
