// The members of libebbmalloc.a that must come into a program together.
//
// A linker takes a member of an archive only for a symbol that somebody wants: a program that calls
// malloc and nothing else would do without the constructor (options, forks, threads' ends), and one
// that calls new alone would have two mallocs. So new.cpp wants malloc.cpp, and that face.cpp.
#pragma once

extern "C" {
extern const char ebb_malloc_is_here;
extern const char ebb_face_is_here;
}
