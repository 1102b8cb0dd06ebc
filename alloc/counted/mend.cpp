#include <ebb/alloc/counted/mend.h>

namespace ebb::counted {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
using total = std::atomic<std::uint64_t>;

// One direction of a record: what its classes come to, and its totals.
struct side {
    total class_counters::*blocks;
    total class_counters::*requested;
    total record::*classless;
    total record::*all_usable;
    total record::*all_requested;
    total record::*calls;
    total record::*exchanges;
};
constexpr side charged = {&class_counters::charged_blocks,
                          &class_counters::charged_requested,
                          &record::classless_charged,
                          &record::charged_usable,
                          &record::charged_requested,
                          &record::allocations,
                          &record::exchanged_in};
constexpr side refunded = {&class_counters::refunded_blocks,
                           &class_counters::refunded_requested,
                           &record::classless_refunded,
                           &record::refunded_usable,
                           &record::refunded_requested,
                           &record::frees,
                           &record::exchanged_out};

struct sums {
    std::uint64_t blocks = 0;
    std::uint64_t requested = 0;
    std::uint64_t usable = 0;
};

sums by_class(const record& r, const side& s) noexcept {
    sums all;
    all.usable = (r.*s.classless).load(relaxed);
    for (std::size_t i = 0; i < class_count; ++i) {
        const std::uint64_t blocks = (r.classes[i].*s.blocks).load(relaxed);
        all.blocks += blocks;
        all.usable += blocks * i * class_bytes;
        all.requested += (r.classes[i].*s.requested).load(relaxed);
    }
    return all;
}

void subtract(total& from, std::uint64_t amount) noexcept {
    from.store(from.load(relaxed) - amount, relaxed);
}

// `by_exchange`: the block came or went by an exchange, which has calls of its own.
void mend_side(record& r, const side& s, std::size_t index, bool is_charge,
               bool by_exchange) noexcept {
    const sums has = by_class(r, s);
    class_counters& of_class = r.classes[index];
    const std::uint64_t more_blocks =
        has.blocks - (r.*s.calls).load(relaxed) - (r.*s.exchanges).load(relaxed);
    const std::uint64_t more_requested = has.requested - (r.*s.all_requested).load(relaxed);
    const std::uint64_t more_usable = has.usable - (r.*s.all_usable).load(relaxed);
    // Of a charge the blocks come before the class's requested bytes: those two alone are too few.
    const bool is_whole =
        more_blocks != 0 && !(is_charge && more_requested == 0 && more_usable != 0);
    if (is_whole) {
        (r.*s.all_usable).store(has.usable, relaxed);
        (r.*s.all_requested).store(has.requested, relaxed);
        add(by_exchange ? r.*s.exchanges : r.*s.calls, more_blocks);
        return;
    }
    subtract(of_class.*s.blocks, more_blocks);
    subtract(of_class.*s.requested, more_requested);
    if (index == 0) {
        subtract(r.*s.classless, more_usable);
    }
}

} // namespace

void mend(record& r) noexcept {
    const std::uint32_t word = r.doing.load(relaxed);
    const bool owes = r.owes.load(relaxed);
    if (word != 0) {
        const bool is_charge = word % 4 == record::charges;
        mend_side(r, is_charge ? charged : refunded, word / 4, is_charge, owes);
        r.doing.store(0, relaxed);
    }
    if (owes) {
        // The other block was handed out, and this one not yet taken back.
        if (r.exchanged_in.load(relaxed) != r.owed_after &&
            r.exchanged_out.load(relaxed) == r.owed_after) {
            add_refund(r, {r.owed_requested, r.owed_usable}, r.exchanged_out);
        }
        r.owes.store(false, relaxed);
    }
}

} // namespace ebb::counted
