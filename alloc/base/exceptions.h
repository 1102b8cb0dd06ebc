// Exceptions where a program has them: what headers use instead of try, catch and throw, so that
// they compile under -fno-exceptions too. There what would be thrown ends the program with its
// reason.
#pragma once

#ifdef __cpp_exceptions
#define EBB_TRY try
#define EBB_CATCH(what) catch (what)
#define EBB_RETHROW throw
#else
#define EBB_TRY if (true)
#define EBB_CATCH(what) if (false)
#define EBB_RETHROW static_cast<void>(0)
#endif

namespace ebb {

/// Throw the standard's exception with this text. From a file compiled without exceptions they end
/// the program by std::terminate, which prints the text.
[[noreturn]] void throw_bad_alloc();
[[noreturn]] void throw_bad_array_new_length();
[[noreturn]] void throw_length_error(const char* text);
[[noreturn]] void throw_out_of_range(const char* text);

} // namespace ebb
