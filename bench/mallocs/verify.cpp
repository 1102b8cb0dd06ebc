#include <ebb/bench/mallocs/counters.h>
#include <ebb/bench/mallocs/verify.h>

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>

namespace ebb::bench {
namespace {

template <class F>
void look_up(F*& function, const char* name) noexcept {
    function = reinterpret_cast<F*>(::dlsym(RTLD_DEFAULT, name));
}

counter_functions functions() noexcept {
    counter_functions f{};
    look_up(f.mallinfo2, "mallinfo2");
    look_up(f.mallctl, "mallctl");
    look_up(f.mi_heap_get_default, "mi_heap_get_default");
    look_up(f.mi_heap_visit_blocks, "mi_heap_visit_blocks");
    look_up(f.malloc_extension_get_numeric_property, "MallocExtension_GetNumericProperty");
    look_up(f.ebb_heap_ledger, "ebb_heap_ledger");
    return f;
}

std::string object_of(const char* symbol) {
    Dl_info info{};
    void* const address = ::dlsym(RTLD_DEFAULT, symbol);
    if (address == nullptr || ::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
        return "nothing";
    }
    std::error_code error;
    const auto real = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : real.string();
}

} // namespace

bool has_ledger(const std::string& library) {
    std::error_code error;
    const auto real = std::filesystem::canonical(library, error);
    return !error && object_of("ebb_heap_ledger") == real.string();
}

std::string verify_malloc(std::string_view name, const std::string& library) {
    const std::string wanted(name);
    std::error_code error;
    const auto real = std::filesystem::canonical(library, error);
    if (error) {
        return wanted + ": no file " + library;
    }
    for (const char* const symbol : {"malloc", "free", "calloc", "aligned_alloc"}) {
        const std::string object = object_of(symbol);
        if (object != real.string()) {
            return wanted + ": " + symbol + " comes from " + object + ", not from " + real.string();
        }
    }
    counter* read = counter_of(name);
    if (read == nullptr && !has_ledger(library)) {
        return {};
    }
    read = read == nullptr ? &read_ebb : read;
    constexpr std::size_t test_bytes = 96 * 1024;
    const counter_functions told_by = functions();
    const auto before = read(told_by);
    void* volatile block = std::malloc(test_bytes);
    const auto with = read(told_by);
    std::free(block);
    const auto after = read(told_by);
    if (!before || !with || !after) {
        return wanted + ": its own counter can't be read";
    }
    // Unsigned on purpose: a counter that falls shows as a huge rise.
    const std::uint64_t up = *with - *before;
    const std::uint64_t down = *with - *after;
    const auto plausible = [](std::uint64_t bytes) {
        return bytes >= test_bytes && bytes <= test_bytes + test_bytes / 4;
    };
    if (!plausible(up) || !plausible(down)) {
        return wanted + ": a block of " + std::to_string(test_bytes) +
               " bytes moved its own counter by " + std::to_string(static_cast<std::int64_t>(up)) +
               " and back by " + std::to_string(static_cast<std::int64_t>(down));
    }
    return {};
}

} // namespace ebb::bench
