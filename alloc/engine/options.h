// EBB_OPTIONS: one variable, `key:value,key:value`.
//
//     purge_ms:N            how long free memory within the bound stays (purge.h); `never` keeps
//     all thread:auto|on|off    whether a thread of ebb's may give it back (companion.h)
//     names:on|off          whether /proc/PID/smaps names the heap's mappings
//
// A program that defines `const char* ebb_options` fixes settings when it is built; the environment
// is read after it and wins.
//
// An unknown key, or a value that it doesn't take, is told once on standard error and left out.
// The environment is ignored where the process runs with more rights than its caller.
#pragma once

namespace ebb::engine {

/// Reads an environment (null: none) and configures the engine. Once, before threads start.
void apply_options(char** environment) noexcept;

} // namespace ebb::engine
