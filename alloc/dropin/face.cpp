// The rest of the C face on the engine: ebb's own questions (ebb/ebb.h), and glibc's old ones.
#include <ebb/alloc/dropin/together.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/size_class.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <errno.h>

#include <malloc.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#define EBB_EXPORT __attribute__((visibility("default")))

#if !__GLIBC_PREREQ(2, 33)
// As glibc has it from then on. A program may look for the function at run time.
struct mallinfo2 {
    std::size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
        keepcost;
};
#endif

namespace {

using namespace ebb; // NOLINT: a file of C symbols

// A structure for a caller who knows `size` bytes of it: what we don't know is absent.
template <class T>
int hand_out(const T& value, void* out, std::size_t size) noexcept {
    if (out == nullptr || size < sizeof(std::uint64_t)) {
        return EINVAL;
    }
    if (size < sizeof value) {
        std::memcpy(out, &value, size);
        return 0;
    }
    std::memcpy(out, &value, sizeof value);
    if (size > sizeof value) {
        // EBB_ABSENT, in every member
        std::memset(static_cast<char*>(out) + sizeof value, 0xff, size - sizeof value);
    }
    return 0;
}

// Before the program's other constructors, and before libc's own: their handlers of a fork then run
// outside of ours, and may call malloc. libc hands the environment to constructors; its own isn't
// there yet.
__attribute__((constructor(101))) void loaded(int, char**, char** environment) noexcept {
    engine::load(environment);
}

} // namespace

extern "C" {

const char ebb_face_is_here = 1;

EBB_EXPORT int ebb_heap_ledger(ebb_ledger* out, std::size_t size) noexcept {
    return hand_out(engine::read_ledger(), out, size);
}

EBB_EXPORT int ebb_heap_classes(ebb_heap_class* out, std::size_t size, std::size_t capacity,
                                std::size_t* count) noexcept {
    if (count == nullptr || size < sizeof(std::uint64_t) || (out == nullptr && capacity != 0)) {
        return EINVAL;
    }
    ebb_heap_class all[engine::class_count + 1];
    *count = engine::read_classes(all, engine::class_count + 1);
    auto* at = reinterpret_cast<unsigned char*>(out);
    for (std::size_t i = 0; i < std::min(capacity, *count); ++i, at += size) {
        hand_out(all[i], at, size);
    }
    return 0;
}

EBB_EXPORT int ebb_heap_resident(ebb_resident* out, std::size_t size) noexcept {
    if (out == nullptr || size < sizeof(std::uint64_t)) {
        return EINVAL;
    }
    return hand_out(engine::read_resident(), out, size);
}

EBB_EXPORT int malloc_trim(std::size_t) noexcept {
    return engine::purge::all() ? 1 : 0;
}

/// glibc's tuning of its own arenas: accepted, and nothing to it here. EBB_OPTIONS tunes ebb.
EBB_EXPORT int mallopt(int, int) noexcept {
    return 1;
}

EBB_EXPORT struct mallinfo2 mallinfo2() noexcept {
    const ebb_ledger l = engine::read_ledger();
    struct mallinfo2 info {};
    info.arena = l.mapped;
    info.uordblks = l.requested + l.slack;
    info.fordblks = l.idle;
    info.keepcost = l.idle;
    info.ordblks = static_cast<std::size_t>(l.allocations - l.frees);
    return info;
}

EBB_EXPORT struct mallinfo mallinfo() noexcept {
    const struct mallinfo2 wide = mallinfo2(); // wraps above 2 GiB, as glibc's does
    struct mallinfo info {};
    info.arena = static_cast<int>(wide.arena);
    info.uordblks = static_cast<int>(wide.uordblks);
    info.fordblks = static_cast<int>(wide.fordblks);
    info.keepcost = static_cast<int>(wide.keepcost);
    info.ordblks = static_cast<int>(wide.ordblks);
    return info;
}

EBB_EXPORT void malloc_stats() noexcept {
    const ebb_ledger l = engine::read_ledger();
    std::fprintf(stderr,
                 "ebb: mapped %" PRIu64 " = requested %" PRIu64 " + slack %" PRIu64
                 " + dead %" PRIu64 " + idle %" PRIu64 " + overhead %" PRIu64
                 "; peak requested %" PRIu64 "; %" PRIu64 " allocations, %" PRIu64 " frees\n",
                 l.mapped, l.requested, l.slack, l.dead, l.idle, l.overhead, l.peak_requested,
                 l.allocations, l.frees);
}

EBB_EXPORT int malloc_info(int options, FILE* out) noexcept {
    if (options != 0) {
        return EINVAL;
    }
    const ebb_ledger l = engine::read_ledger();
    std::fprintf(out,
                 "<malloc version=\"ebb-1\">\n<ledger mapped=\"%" PRIu64 "\" requested=\"%" PRIu64
                 "\" slack=\"%" PRIu64 "\" dead=\"%" PRIu64 "\" idle=\"%" PRIu64
                 "\" overhead=\"%" PRIu64 "\"/>\n",
                 l.mapped, l.requested, l.slack, l.dead, l.idle, l.overhead);
    ebb_heap_class all[engine::class_count + 1];
    const std::size_t count = engine::read_classes(all, engine::class_count + 1);
    for (std::size_t i = 0; i < count; ++i) {
        if (all[i].blocks != 0 || all[i].idle != 0) {
            std::fprintf(out,
                         "<class slot=\"%" PRIu64 "\" blocks=\"%" PRIu64 "\" requested=\"%" PRIu64
                         "\" slack=\"%" PRIu64 "\" idle=\"%" PRIu64 "\"/>\n",
                         all[i].slot, all[i].blocks, all[i].requested, all[i].slack, all[i].idle);
        }
    }
    std::fprintf(out, "</malloc>\n");
    return 0;
}
}
