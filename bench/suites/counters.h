// The ledger in a suite's rows.
#pragma once

#include <ebb/alloc/ledger/ledger.h>

#include <benchmark/benchmark.h>

namespace ebb::bench {

/// Adds the ledger's terms, bytes, to the row that `state` makes.
inline void set_terms(benchmark::State& state, const ledger& l) {
    state.counters["requested"] = static_cast<double>(l.requested);
    state.counters["slack"] = static_cast<double>(l.slack);
    state.counters["dead"] = static_cast<double>(l.dead);
    state.counters["idle"] = static_cast<double>(l.idle);
    state.counters["overhead"] = static_cast<double>(l.overhead);
    state.counters["mapped"] = static_cast<double>(l.mapped);
}

} // namespace ebb::bench
