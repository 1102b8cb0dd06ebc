#include <ebb/alloc/counted/counters.h>
#include <ebb/alloc/counted/early.h>
#include <ebb/alloc/counted/next.h>
#include <ebb/alloc/counted/remainders.h>
#include <ebb/alloc/counted/snapshot.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ebb::counted {
namespace {

constexpr size_t member_bytes = sizeof(std::uint64_t);

// Writes as much of `value` as the caller was compiled with; members that are younger than this
// library are absent.
template <class T>
void hand_out(const T& value, void* out, size_t size) noexcept {
    const size_t known = std::min(size, sizeof value) / member_bytes * member_bytes;
    std::memcpy(out, &value, known);
    std::memset(static_cast<char*>(out) + known, 0xff, size - known);
}
static_assert(EBB_ABSENT == ~std::uint64_t{0});

// The shim's own: nothing of the heap's pages is known to it.
template <class T>
T all_absent() noexcept {
    T value;
    std::memset(&value, 0xff, sizeof value);
    return value;
}

} // namespace

int read_ledger(ebb_ledger* out, size_t size) noexcept {
    if (out == nullptr || size < member_bytes) {
        return EINVAL;
    }
    auto l = all_absent<ebb_ledger>();
    if (is_answering()) {
        const totals t = read_totals();
        l.allocations = t.allocations;
        l.frees = t.frees;
        if (early::are_settled()) {
            l.usable = t.usable;
        }
        if (remainders::are_exact()) {
            l.requested = t.requested;
            l.peak_requested = t.peak_requested;
            if (early::are_settled()) {
                l.slack = t.usable - t.requested;
            }
        }
    }
    hand_out(l, out, size);
    return 0;
}

int read_classes(ebb_heap_class* out, size_t size, size_t capacity, size_t* count) noexcept {
    if (count == nullptr || size < member_bytes || (out == nullptr && capacity != 0)) {
        return EINVAL;
    }
    *count = 0;
    if (!is_answering()) {
        return 0;
    }
    // From the smallest class up, the one without a size last.
    for (size_t i = 1; i <= class_count; ++i) {
        const size_t index = i % class_count;
        const class_totals t = read_class(index);
        if (t.ever_blocks == 0 && index != 0) {
            continue;
        }
        if (*count < capacity) {
            auto c = all_absent<ebb_heap_class>();
            c.slot = index * class_bytes;
            c.blocks = t.blocks;
            if (remainders::are_exact()) {
                c.requested = t.requested;
                if (early::are_settled()) {
                    c.slack = t.usable - t.requested;
                }
            }
            hand_out(c, reinterpret_cast<char*>(out) + *count * size, size);
        }
        ++*count;
    }
    return 0;
}

int read_resident(ebb_resident* out, size_t size) noexcept {
    if (out == nullptr || size < member_bytes) {
        return EINVAL;
    }
    hand_out(all_absent<ebb_resident>(), out, size);
    return 0;
}

} // namespace ebb::counted
