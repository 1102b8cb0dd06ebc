// EBB_OPTIONS: one variable, `key:value,key:value`.
//
//     purge_ms:N      how long free memory stays before it goes to the system; `never` keeps it
//     thread:on|off   whether a background thread may do that
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
