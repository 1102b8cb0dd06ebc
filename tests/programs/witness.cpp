// A second preloaded library that says which malloc answers in every process of a program: one line
// appended to the file $EBB_WITNESS before main, "PROCESS EXECUTABLE LIBRARY", where LIBRARY is the
// file that malloc and its relatives come from, or one such file after the other where they don't
// agree. It is preloaded first, with and without the malloc under test, so that nothing else
// differs.
//
// Cost: one open, write and close per process. It calls no malloc itself.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// The file whose `symbol` the program's calls reach. A program that isn't position-independent and
// takes the function's address answers look-ups with its own jump to it, a symbol without a
// section: the file is then the next one that has it. This library comes first, so nobody is passed
// over.
const char* library_of(const char* symbol) noexcept {
    for (void* const scope : {RTLD_DEFAULT, RTLD_NEXT}) {
        void* const address = ::dlsym(scope, symbol);
        Dl_info info{};
        void* entry = nullptr;
        if (address == nullptr || ::dladdr1(address, &info, &entry, RTLD_DL_SYMENT) == 0) {
            return "nothing";
        }
        const auto* const found = static_cast<const ElfW(Sym)*>(entry);
        if (found == nullptr || found->st_shndx != SHN_UNDEF) {
            return info.dli_fname;
        }
    }
    return "nothing";
}

__attribute__((constructor)) void testify() noexcept {
    const char* const path = std::getenv("EBB_WITNESS");
    if (path == nullptr) {
        return;
    }
    std::array<char, 4096> executable{};
    if (::readlink("/proc/self/exe", executable.data(), executable.size() - 1) < 0) {
        return;
    }
    std::array<char, 8192> line{};
    const char* const malloc_from = library_of("malloc");
    std::size_t length = static_cast<std::size_t>(
        std::snprintf(line.data(), line.size() / 2, "%ld %s %s", static_cast<long>(::getpid()),
                      executable.data(), malloc_from));
    for (const char* const symbol :
         {"calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "malloc_usable_size"}) {
        const char* const from = library_of(symbol);
        if (std::strcmp(from, malloc_from) != 0 && length < line.size() / 2) {
            length += static_cast<std::size_t>(std::snprintf(line.data() + length, line.size() / 4,
                                                             " but %s from %s", symbol, from));
        }
    }
    line[length++] = '\n';
    const int file = ::open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file >= 0) {
        // One write: lines of processes that start at once don't mix. A full disk shows as a line
        // that is missed.
        [[maybe_unused]] const auto written = ::write(file, line.data(), length);
        ::close(file);
    }
}

} // namespace
