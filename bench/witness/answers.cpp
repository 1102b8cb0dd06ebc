#include <ebb/bench/mallocs/counters.h>
#include <ebb/bench/witness/answers.h>

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include <cstdlib>
#include <cstring>

// Null where this process has no such function. NOLINTBEGIN: the libraries' names
extern "C" {
__attribute__((weak)) struct mallinfo2 mallinfo2() noexcept;
__attribute__((weak)) int mallctl(const char*, void*, std::size_t*, void*, std::size_t);
__attribute__((weak)) void* mi_heap_get_default();
__attribute__((weak)) bool mi_heap_visit_blocks(const void*, bool,
                                                ebb::bench::counter_functions::mi_visitor*, void*);
__attribute__((weak)) int MallocExtension_GetNumericProperty(const char*, std::size_t*);
__attribute__((weak)) int ebb_heap_ledger(struct ebb_ledger*, std::size_t) noexcept;
__attribute__((weak)) const void* ebb_count_next(const char*) noexcept;
}
// NOLINTEND

namespace ebb::bench {
namespace {

// The calls that give this library its jump slots. Never made.
[[gnu::used, gnu::noinline]] void keep_the_slots(std::size_t n) {
    std::free(std::malloc(n));
    std::free(std::calloc(n, n));
    std::free(std::aligned_alloc(n, n));
}

bool equal(const char* a, const char* b) noexcept {
    return std::strcmp(a, b) == 0;
}

ElfW(Addr) own_base() noexcept {
    Dl_info info{};
    return ::dladdr(reinterpret_cast<void*>(&_DYNAMIC), &info) != 0
               ? reinterpret_cast<ElfW(Addr)>(info.dli_fbase)
               : 0;
}

// What a call of the function reaches, as the loader resolved it for this library (linked with
// -z now); null when the library has no slot of that name.
const void* reached_by(const char* function) noexcept {
    const ElfW(Addr) base = own_base();
    // The loader has turned these into addresses, on most machines.
    const auto address = [base](ElfW(Addr) value) { return value < base ? base + value : value; };
    const char* names = nullptr;
    const ElfW(Sym)* symbols = nullptr;
    const ElfW(Rela)* slots = nullptr;
    std::size_t bytes = 0;
    for (const ElfW(Dyn)* entry = _DYNAMIC; entry->d_tag != DT_NULL; ++entry) {
        switch (entry->d_tag) {
        case DT_STRTAB:
            names = reinterpret_cast<const char*>(address(entry->d_un.d_ptr));
            break;
        case DT_SYMTAB:
            symbols = reinterpret_cast<const ElfW(Sym)*>(address(entry->d_un.d_ptr));
            break;
        case DT_JMPREL:
            slots = reinterpret_cast<const ElfW(Rela)*>(address(entry->d_un.d_ptr));
            break;
        case DT_PLTRELSZ:
            bytes = entry->d_un.d_val;
            break;
        default:
            break;
        }
    }
    if (names == nullptr || symbols == nullptr || slots == nullptr) {
        return nullptr;
    }
    for (std::size_t i = 0; i < bytes / sizeof *slots; ++i) {
        const ElfW(Sym)& symbol = symbols[slots[i].r_info >> (sizeof(void*) == 8 ? 32 : 8)];
        if (equal(names + symbol.st_name, function)) {
            return *reinterpret_cast<void**>(base + slots[i].r_offset);
        }
    }
    return nullptr;
}

// The object of an address: where it begins, and its path; "" for the program itself.
struct object {
    const void* base = nullptr;
    const char* path = "nothing";
};

object object_of(const void* address) noexcept {
    Dl_info info{};
    if (address == nullptr || ::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
        return {};
    }
    Dl_info program{};
    const void* const headers = reinterpret_cast<void*>(::getauxval(AT_PHDR));
    const bool own = ::dladdr(headers, &program) != 0 && program.dli_fbase == info.dli_fbase;
    return {info.dli_fbase, own ? "" : info.dli_fname};
}

bool same_file(const char* a, const char* b) noexcept {
    struct stat first {};
    struct stat second {};
    return ::stat(a, &first) == 0 && ::stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

void say(line_buffer& line, const char* path) noexcept {
    if (*path == '\0') {
        line.add("the program itself");
    } else {
        line.add_path(path);
    }
}

// The function that serves calls of that name in the end: what counts in front of it says whom it
// hands on to.
const void* served_by(const char* function) noexcept {
    const void* const reached = reached_by(function);
    if (ebb_count_next == nullptr || reached == nullptr) {
        return reached;
    }
    const object counting = object_of(reinterpret_cast<void*>(ebb_count_next));
    return counting.base != nullptr && counting.base == object_of(reached).base
               ? ebb_count_next(function)
               : reached;
}

// Whether a function lies in the malloc itself.
bool within_malloc(const void* function) noexcept {
    const object with = object_of(function);
    return with.base != nullptr && with.base == object_of(served_by("malloc")).base;
}

// A library given by its path has a counter if it is a known one's.
counter* counter_inside(const counter_functions& f) noexcept {
    return within_malloc(reinterpret_cast<void*>(f.ebb_heap_ledger)) ? &read_ebb
           : within_malloc(reinterpret_cast<void*>(f.mallctl))       ? &read_jemalloc
           : within_malloc(reinterpret_cast<void*>(f.malloc_extension_get_numeric_property))
               ? &read_tcmalloc
               : nullptr;
}

void check_counter(const expectation& wanted, line_buffer& line, unsigned* blocks) noexcept {
    const counter_functions told_by{mallinfo2,
                                    mallctl,
                                    mi_heap_get_default,
                                    mi_heap_visit_blocks,
                                    MallocExtension_GetNumericProperty,
                                    ebb_heap_ledger};
    const bool by_path = equal(wanted.malloc, "-");
    counter* const read = by_path ? counter_inside(told_by) : counter_of(wanted.malloc);
    if (read == nullptr) {
        return;
    }
    // ebb counts to the byte: one is enough, and leaves the program's own peaks to it. glibc's
    // figure ignores what its thread caches hold, up to 1,032 bytes.
    const std::uint64_t test_bytes = read == &read_ebb ? 1 : 2000;
    // A process's first block makes a malloc set up what it counts, too.
    void* volatile block = std::malloc(test_bytes);
    std::free(block);
    *blocks = 1;
    const auto before = read(told_by);
    if (!before) {
        if (!by_path) { // one may be built without its counters; Debian's are not
            line.add("its own counter can't be read");
        }
        return;
    }
    block = std::malloc(test_bytes);
    const auto with = read(told_by);
    std::free(block);
    const auto after = read(told_by);
    *blocks = 2;
    // Unsigned on purpose: a counter that falls shows as a huge rise.
    const std::uint64_t up = with.value_or(0) - *before;
    const std::uint64_t down = with.value_or(0) - after.value_or(0);
    const std::uint64_t most = test_bytes + test_bytes / 4;
    if (up < test_bytes || up > most || down < test_bytes || down > most) {
        line.add("a block of ");
        line.add(test_bytes);
        line.add(" bytes doesn't move its own counter there and back");
    }
}

} // namespace

const char* object_of_malloc() noexcept {
    return object_of(served_by("malloc")).path;
}

bool beside_malloc(const void* function) noexcept {
    const object with = object_of(function);
    return with.base != nullptr && with.base == object_of(reached_by("malloc")).base;
}

void check_malloc(const expectation& wanted, line_buffer& line, unsigned* blocks) noexcept {
    for (const char* const function : {"malloc", "free", "calloc", "aligned_alloc"}) {
        const object called = object_of(reached_by(function));
        const object serves = object_of(served_by(function));
        const bool is_counted = *wanted.front == '\0' || same_file(called.path, wanted.front);
        if (!is_counted || !same_file(serves.path, wanted.library)) {
            line.add(function);
            line.add(" comes from ");
            say(line, is_counted ? serves.path : called.path);
            return;
        }
    }
    check_counter(wanted, line, blocks);
}

} // namespace ebb::bench
