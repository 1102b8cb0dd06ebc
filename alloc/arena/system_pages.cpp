#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <new>

namespace ebb {
namespace {

class system_pages_resource final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::size_t whole = align_up(bytes, os::page_size());
        void* const p = whole < bytes ? nullptr : os::map(whole, alignment);
        if (p == nullptr) {
            throw std::bad_alloc();
        }
        marks::add_root(p, whole);
        return p;
    }

    void do_deallocate(void* p, std::size_t bytes, std::size_t) override {
        marks::remove_root(p, align_up(bytes, os::page_size()));
        os::unmap(p, align_up(bytes, os::page_size()));
    }

    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

} // namespace

std::pmr::memory_resource& system_pages() noexcept {
    // Never destroyed: arenas of static duration may outlive any object with a destructor.
    alignas(system_pages_resource) static std::byte storage[sizeof(system_pages_resource)];
    static auto* const resource = new (storage) system_pages_resource;
    return *resource;
}

} // namespace ebb
