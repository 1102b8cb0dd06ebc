// The scenarios on each kind of arena: a translation unit each, because a dozen maps an arena take
// their time to compile.
#pragma once

#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>

namespace ebb::bench {

/// Run the scenario of `c` and hand on a record at each of its steps. Throw std::bad_alloc.
void run_on_pages(const cell& c, const record_sink& sink);  ///< ebb's own maps
void run_on_malloc(const cell& c, const record_sink& sink); ///< ebb's own maps
void run_on_go_heap(const cell& c, const record_sink& sink);
void run_collected(const cell& c, const record_sink& sink); ///< blocks die when the pace says
void run_at_once(const cell& c, const record_sink& sink);   ///< blocks go when they die

} // namespace ebb::bench
