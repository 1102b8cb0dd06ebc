// What `ebb spike` prints: the table, one object a line for each sample, the figure.
#pragma once

#include <ebb/bench/report/plot.h>
#include <ebb/bench/spike/run.h>

namespace ebb::bench {

/// A row a cell: live and resident at the peak's end and 1 h, 6 h and a day after it (`-` where
/// the run ends before), the slowest operation, real seconds.
[[nodiscard]] std::string spike_table(const std::vector<spike_row>& rows);

/// Keys: layout, malloc, minute, entries, floor, live, dead, resident, worst_us, ns, seconds.
[[nodiscard]] std::string spike_json(const spike_row& row);

/// Live, resident and the slowest operation of the layouts on one malloc: glibc, or the first of
/// the rows. Requires a row with samples.
[[nodiscard]] plot spike_plot(const std::vector<spike_row>& rows);

} // namespace ebb::bench
