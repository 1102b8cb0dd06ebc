// The programs' inputs: files made from fixed numbers. Each returns the path of what it made.
// Throws std::runtime_error when it can't be written.
#pragma once

#include <ebb/bench/process/scratch.h>

#include <string>

namespace ebb::bench::suite {

[[nodiscard]] std::string write_source(scratch& in, bool quick);
[[nodiscard]] std::string write_python(scratch& in, bool quick);
[[nodiscard]] std::string write_sql(scratch& in, bool quick);
[[nodiscard]] std::string write_perl(scratch& in, bool quick);
[[nodiscard]] std::string write_lines(scratch& in, bool quick);
/// A repository of some hundred commits; `git` is the program that makes it.
[[nodiscard]] std::string make_repository(scratch& in, const std::string& git, bool quick);

} // namespace ebb::bench::suite
