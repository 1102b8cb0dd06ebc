#include <tests/alloc/engine/stress/books.h>

#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace stress {
namespace {

std::uint64_t seed_of_run = 0;

} // namespace

void set_seed(std::uint64_t seed) {
    seed_of_run = seed;
}

void fail(const char* format, ...) {
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    char text[640];
    const int length = std::snprintf(text, sizeof text, "stress: EBB_SEED=%llu: %s\n",
                                     static_cast<unsigned long long>(seed_of_run), reason);
    static_cast<void>(::write(STDERR_FILENO, text, static_cast<std::size_t>(length)) >= 0);
    std::abort();
}

} // namespace stress
