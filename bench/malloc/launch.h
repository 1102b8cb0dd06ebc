// A program under a malloc, measured by the kernel's count of its whole tree of processes.
#pragma once

namespace ebb::bench::suite {

/// Runs `words` (ends with null), its standard output thrown away, with LD_PRELOAD=`library`; with
/// a `socket`, it is a server: `client` runs without the library once the socket is there, and then
/// the server is asked to end. Prints `wall` (seconds; of a server's client), `cpu` (seconds, of
/// the program or the server and their children), `peak` (bytes: the largest process) and `faults`
/// (page faults of the same processes as `cpu`). The exit status: 0, or 1 when something failed
/// (standard error says what).
[[nodiscard]] int launch(const char* library, char** words, const char* socket, char** client);

} // namespace ebb::bench::suite
