#include <ebb/alloc/engine/gone_runs.h>
#include <ebb/alloc/engine/page_map.h>

namespace ebb::engine {

void gone_runs::add(std::uintptr_t base) noexcept {
    std::uintptr_t& place = bases_[next_++ % kept];
    forget(place);
    place = base;
    spans.set(base, page_entry(nullptr, page_entry::gone));
}

void gone_runs::forget(std::uintptr_t base, std::size_t bytes) noexcept {
    for (std::uintptr_t& place : bases_) {
        if (place - base < bytes) {
            forget(place);
        }
    }
}

void gone_runs::forget(std::uintptr_t& place) noexcept {
    if (place != 0 && spans.find(place).tag() == page_entry::gone) {
        spans.set(place, {});
    }
    place = 0;
}

} // namespace ebb::engine
