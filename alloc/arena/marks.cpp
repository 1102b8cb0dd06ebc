#include <ebb/alloc/arena/marks.h>

extern "C" { // NOLINTBEGIN: the sanitizers' names
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* from, std::size_t bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* from, std::size_t bytes);
[[gnu::weak]] void __lsan_register_root_region(const void* from, std::size_t bytes);
[[gnu::weak]] void __lsan_unregister_root_region(const void* from, std::size_t bytes);
} // NOLINTEND

namespace ebb::marks {

const bool poisons = __asan_poison_memory_region != nullptr;

void poison(void* p, std::size_t bytes) noexcept {
    if (__asan_poison_memory_region != nullptr) {
        __asan_poison_memory_region(p, bytes);
    }
}
void unpoison(void* p, std::size_t bytes) noexcept {
    if (__asan_unpoison_memory_region != nullptr) {
        __asan_unpoison_memory_region(p, bytes);
    }
}

void add_root(const void* p, std::size_t bytes) noexcept {
    if (__lsan_register_root_region != nullptr && bytes != 0) {
        __lsan_register_root_region(p, bytes);
    }
}
void remove_root(const void* p, std::size_t bytes) noexcept {
    if (__lsan_unregister_root_region != nullptr && bytes != 0) {
        __lsan_unregister_root_region(p, bytes);
    }
}

} // namespace ebb::marks
