// checks: whether iterators know that an insert or erase has ended them.
//
// A file compiled with EBB_CHECK_ITERATORS defined as 1 has maps whose iterators stop the program
// with the reason when one is used after it ended. Such maps have a count of changes more, and so
// have their iterators: they lie in an inline namespace of their own, and the linker refuses a
// program that passes a map from a file with to a file without. Nothing else changes a map's
// layout: assertions, optimization and sanitizers may differ between the files of a program.
#pragma once

#ifndef EBB_CHECK_ITERATORS
#define EBB_CHECK_ITERATORS 0
#endif

#if EBB_CHECK_ITERATORS
#define EBB_MAPS_BEGIN inline namespace checked_iterators {
#define EBB_MAPS_END }
#else
#define EBB_MAPS_BEGIN
#define EBB_MAPS_END
#endif
