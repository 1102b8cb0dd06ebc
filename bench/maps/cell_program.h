// What a program that measures a cell does with its words: reads them, makes sure of its malloc,
// measures, and prints a record (record.h) a line.
//
//     PROGRAM LAYOUT MALLOC RECLAIM COUNT VALUE_BYTES [LIBRARY]
//
// Exit: 0 measured, 1 the memory ran out, 2 usage, 3 another malloc than LIBRARY's answers.
#pragma once

#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>

namespace ebb::bench {

/// `runs`: whether the program has this cell's map; `measure` may throw std::bad_alloc.
int cell_main(int argc, char** argv, bool (*runs)(const cell&),
              void (*measure)(const cell&, const record_sink&));

/// Before anything else in main: stdio would take its buffer from the malloc that is measured.
void keep_stdio_off_the_malloc();

} // namespace ebb::bench
