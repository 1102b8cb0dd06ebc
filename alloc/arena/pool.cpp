#include <ebb/alloc/arena/pool.h>

namespace ebb {

static_assert(arena<pool>);

void pool::validate() const {
    const std::size_t live = slots_.validate();
    const slots::extent e = slots_.measure();
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.live() == live * slots_.slot_bytes() && l.mapped == e.mapped &&
                  l.overhead == e.overhead && l.dead == 0,
              "pool: the ledger differs from what stands in the chunks");
}

} // namespace ebb
