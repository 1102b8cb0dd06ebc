#include <ebb/alloc/base/exceptions.h>

#include <new>
#include <stdexcept>

namespace ebb {

void throw_bad_alloc() {
    throw std::bad_alloc();
}
void throw_bad_array_new_length() {
    throw std::bad_array_new_length();
}
void throw_length_error(const char* text) {
    throw std::length_error(text);
}
void throw_out_of_range(const char* text) {
    throw std::out_of_range(text);
}

} // namespace ebb
