#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/free_space.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>

#include <algorithm>
#include <new>

namespace ebb::engine {
namespace {

std::uintptr_t end_of(const span& run) noexcept {
    return run.base + run.bytes();
}

void tag_ends(span* run, page_entry entry) noexcept {
    spans.set(run->base, entry);
    spans.set(end_of(*run) - block_bytes, entry);
}

// The free run that ends at an address, and the one that begins there; null where none does.
span* run_before(std::uintptr_t address) noexcept {
    const page_entry entry = spans.find(address - block_bytes);
    return entry.tag() == page_entry::free_run ? entry.owner() : nullptr;
}
span* run_at(std::uintptr_t address) noexcept {
    const page_entry entry = spans.find(address);
    return entry.tag() == page_entry::free_run && entry.owner()->base == address ? entry.owner()
                                                                                 : nullptr;
}

// Whether they join where they are neighbours. What was refused must not make what waits look so.
bool are_alike(const span& a, const span& b) noexcept {
    return a.state == b.state && (a.refused_bytes != 0) == (b.refused_bytes != 0);
}

std::uintptr_t aligned_base(const span& run, std::size_t alignment_blocks) noexcept {
    return align_up(run.base, alignment_blocks * block_bytes);
}

} // namespace

void free_space::add_to_stock(void* memory) noexcept {
    unused_ = ::new (memory) unused{unused_};
    ++stock_;
}

span* free_space::describe(std::uintptr_t base, std::size_t blocks, span_state state) noexcept {
    void* const memory = unused_;
    unused_ = unused_->next;
    --stock_;
    auto* const run = ::new (memory) span;
    run->base = base;
    run->blocks = narrow<std::uint32_t>(blocks);
    run->state = state;
    run->descriptor = sizeof(span);
    return run;
}

void free_space::forget(span* run) noexcept {
    constexpr std::size_t most_in_stock = 64;
    if (run->descriptor == sizeof(span) && stock_ < most_in_stock) {
        add_to_stock(run);
    } else { // a former span of slots has a longer one
        metadata::deallocate(run, run->descriptor);
    }
}

// Into the lists as it is.
void free_space::list(span* run) noexcept {
    tag_ends(run, page_entry(run, page_entry::free_run));
    (run->state == span_state::dirty ? dirty_ : clean_).insert(run);
    refused_ += static_cast<std::int64_t>(run->refused_bytes);
    if (run->state == span_state::dirty && run->refused_bytes == 0) {
        run->queued = true;
        queue_.push_back(run);
        waiting_ += static_cast<std::int64_t>(run->bytes());
    }
}

void free_space::unlist(span* run) noexcept {
    (run->state == span_state::dirty ? dirty_ : clean_).remove(run);
    tag_ends(run, {});
    refused_ -= static_cast<std::int64_t>(run->refused_bytes);
    if (run->queued) {
        run->queued = false;
        queue_.remove(run);
        waiting_ -= static_cast<std::int64_t>(run->bytes());
    }
}

void free_space::insert(span* run, std::uint32_t stamp, std::uint64_t refused) noexcept {
    std::uint32_t largest = run->blocks;
    run->stamp = stamp;
    run->refused_bytes = refused;
    const auto join = [&](span* other) {
        if (other == nullptr || !are_alike(*run, *other)) {
            return;
        }
        unlist(other);
        if (other->blocks > largest) {
            largest = other->blocks;
            run->stamp = other->stamp;
        }
        run->base = std::min(run->base, other->base);
        run->blocks += other->blocks;
        run->refused_bytes += other->refused_bytes;
        run->touched += other->touched;
        forget(other);
    };
    join(run_before(run->base));
    join(run_at(end_of(*run)));
    list(run);
}

free_space::taken free_space::take(std::size_t blocks, std::size_t alignment_blocks) noexcept {
    span* run = dirty_.find(blocks, alignment_blocks);
    if (run == nullptr) {
        run = clean_.find(blocks, alignment_blocks);
    }
    if (run == nullptr) {
        run = find_across(blocks, alignment_blocks);
    }
    if (run == nullptr) {
        return {};
    }
    const std::uintptr_t from = aligned_base(*run, alignment_blocks);
    return cut(run, from, from + blocks * block_bytes);
}

// The first of neighbouring runs that together hold `blocks` at that alignment. Runs of one kind
// are joined already, so a dirty one is among them.
span* free_space::find_across(std::size_t blocks, std::size_t alignment_blocks) noexcept {
    // So that a heap of many small runs isn't walked for each large block that it has no room for.
    int looks = 4096;
    span* found = nullptr;
    dirty_.for_each([&](span& run) {
        if (found != nullptr || looks <= 0) {
            return;
        }
        span* first = &run;
        while (span* const before = run_before(first->base)) {
            first = before;
            if (--looks <= 0) {
                return;
            }
        }
        while (first != nullptr && end_of(*first) <= aligned_base(*first, alignment_blocks)) {
            first = run_at(end_of(*first));
        }
        if (first == nullptr) {
            return;
        }
        const std::uintptr_t need = aligned_base(*first, alignment_blocks) + blocks * block_bytes;
        const span* last = first;
        while (last != nullptr && end_of(*last) < need && --looks > 0) {
            last = run_at(end_of(*last));
        }
        if (last != nullptr && end_of(*last) >= need) {
            found = first;
        }
    });
    return found;
}

// Takes [from, to) out of the runs that stand there, the first of which holds `from`; what is left
// of the first and of the last stays free, of its kind.
free_space::taken free_space::cut(span* first, std::uintptr_t from, std::uintptr_t to) noexcept {
    taken result;
    bool all_clean = true;
    std::uint64_t touched = 0;
    for (span* run = first; run != nullptr;) {
        unlist(run);
        const std::uintptr_t begin = run->base;
        const std::uintptr_t end = end_of(*run);
        const auto part_of_touched = [&](std::uint64_t bytes) { // from its front, by way of guess
            const std::uint64_t part = std::min(run->touched, bytes);
            run->touched -= part;
            return part;
        };
        const auto keep = [&](std::uintptr_t at, std::uintptr_t until) {
            span* const rest = describe(at, (until - at) / block_bytes, run->state);
            rest->touched = part_of_touched(until - at);
            rest->stamp = run->stamp;
            if (run->refused_bytes == 0) [[likely]] {
                list(rest); // its neighbours weren't of the run's kind, or they would be in it
            } else {
                insert(rest, run->stamp); // where the refusal was isn't known: it waits again
            }
        };
        if (begin < from) {
            keep(begin, from);
        }
        touched += part_of_touched(std::min(end, to) - std::max(begin, from));
        if (to < end) {
            keep(to, end);
        }
        if (run->state == span_state::clean) {
            result.clean_bytes += std::min(end, to) - std::max(begin, from);
        } else {
            all_clean = false;
        }
        span* const next = end < to ? run_at(end) : nullptr;
        if (run == first) {
            result.run = run;
        } else {
            forget(run);
        }
        run = next;
    }
    result.run->base = from;
    result.run->blocks = narrow<std::uint32_t>((to - from) / block_bytes);
    result.run->state = all_clean ? span_state::clean : span_state::dirty;
    result.run->refused_bytes = 0;
    result.run->touched = touched;
    return result;
}

std::uint64_t free_space::take_behind(std::uintptr_t address, std::size_t blocks) noexcept {
    const std::uintptr_t to = address + blocks * block_bytes;
    span* const first = run_at(address);
    for (const span* run = first;;) {
        if (run == nullptr) {
            return none;
        }
        if (end_of(*run) >= to) {
            break;
        }
        run = run_at(end_of(*run));
    }
    const taken behind = cut(first, address, to);
    forget(behind.run);
    return behind.clean_bytes;
}

span* free_space::take_oldest(std::size_t most_blocks, std::uint32_t now,
                              std::uint32_t age) noexcept {
    most_blocks = std::max<std::size_t>(most_blocks, 1);
    span* const run = queue_.front();
    if (run == nullptr || !run->aged(now, age)) {
        return nullptr;
    }
    if (run->blocks <= most_blocks) {
        unlist(run);
        return run;
    }
    span* const piece = cut(run, run->base, run->base + most_blocks * block_bytes).run;
    span* const rest = run_at(end_of(*piece));
    queue_.remove(rest); // it is the oldest still
    queue_.push_front(rest);
    return piece;
}

span* free_space::take_clean(std::size_t least_blocks) noexcept {
    span* const run = clean_.longest();
    if (run == nullptr || run->blocks < least_blocks) {
        return nullptr;
    }
    unlist(run);
    return run;
}

void free_space::forget_refusals() noexcept {
    while (refused_ != 0) {
        span* refused = nullptr;
        dirty_.for_each([&](span& run) { refused = run.refused_bytes != 0 ? &run : refused; });
        unlist(refused);
        insert(refused, refused->stamp);
    }
}

void free_space::validate() const noexcept {
    std::uint64_t free_blocks = 0;
    std::int64_t waiting = 0;
    std::int64_t refused = 0;
    const auto check = [&](const span& run, span_state state) {
        EBB_CHECK_AT(run.state == state, "free space: a run in the wrong lists", run.start());
        EBB_CHECK_AT(run_at(run.base) == &run && run_before(end_of(run)) == &run,
                     "free space: a run's ends say another", run.start());
        const span* const behind = run_at(end_of(run));
        EBB_CHECK_AT(behind == nullptr || !are_alike(run, *behind),
                     "free space: two free neighbours not joined", run.start());
        free_blocks += run.blocks;
        waiting += run.queued ? static_cast<std::int64_t>(run.bytes()) : 0;
        refused += static_cast<std::int64_t>(run.refused_bytes);
        EBB_CHECK_AT(run.queued == (state == span_state::dirty && run.refused_bytes == 0),
                     "free space: a run waits that shouldn't, or doesn't", run.start());
    };
    dirty_.for_each([&](const span& run) { check(run, span_state::dirty); });
    clean_.for_each([&](const span& run) { check(run, span_state::clean); });
    EBB_CHECK(free_blocks == dirty_.blocks() + clean_.blocks(), "free space: blocks miscounted");
    EBB_CHECK(waiting == waiting_ && refused == refused_, "free space: what waits is miscounted");
}

} // namespace ebb::engine
