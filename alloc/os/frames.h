// Where the program stands, for a last message.
#pragma once

namespace ebb::os {

/// Writes `text` to standard error in one call. No allocation; errno untouched.
void write_error(const char* text) noexcept;

/// Writes the calling frames to standard error, a line each, as `object(symbol+offset) [address]`.
/// May allocate (libc loads its unwinder at the first call): for programs that end anyway. Where it
/// takes longer than 5 seconds, because another thread holds the dynamic linker's lock for good,
/// abort() ends the program: SIGALRM and the real-time timer are its own meanwhile.
void write_frames() noexcept;

} // namespace ebb::os
