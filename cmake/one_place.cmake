# What is said in one place alone. Run as a test:
#     cmake -DROOT=<source folder> -P cmake/one_place.cmake
# It fails, naming file and line, where another file says it again.
cmake_minimum_required(VERSION 3.25)

set(failures 0)

# one_place(PATTERN PLACES HINT FILES...): none of these files but the PLACES has a line with PATTERN.
function(one_place pattern places hint)
    foreach(file IN LISTS ARGN)
        if(file IN_LIST places)
            continue()
        endif()
        file(STRINGS ${ROOT}/${file} lines REGEX "${pattern}")
        foreach(line IN LISTS lines)
            message("${file}: ${line}\n  ${hint}")
            math(EXPR failures "${failures} + 1")
        endforeach()
    endforeach()
    set(failures ${failures} PARENT_SCOPE)
endfunction()

set(sources)
set(build_files CMakeLists.txt)
foreach(folder alloc maps bench cli tests cmake)
    set(in ${ROOT}/${folder})
    file(GLOB_RECURSE found RELATIVE ${ROOT} ${in}/*.h ${in}/*.cpp)
    list(APPEND sources ${found})
    file(GLOB_RECURSE found RELATIVE ${ROOT} ${in}/CMakeLists.txt ${in}/*.cmake)
    list(APPEND build_files ${found})
endforeach()

# g++ and clang++ say by different macros which sanitizer they build for.
one_place("__SANITIZE_|__has_feature" alloc/base/sanitizers.h
          "ask ebb::sanitized, address_sanitized or thread_sanitized of alloc/base/sanitizers.h"
          ${sources})
one_place("MATCHES.*fsanitize" "cmake/sanitizers.cmake;cmake/one_place.cmake"
          "ask EBB_SANITIZED or EBB_THREAD_SANITIZED of cmake/sanitizers.cmake" ${build_files})

# A number that doesn't fit its type must be seen.
set(alloc_sources ${sources})
list(FILTER alloc_sources INCLUDE REGEX "^alloc/")
one_place("static_cast<(std::u?int(8|16|32)_t|int|short|unsigned|unsigned (char|short|int))>"
          "alloc/base/narrow.h;alloc/dropin/face.cpp" # mallinfo() wraps, as glibc's does
          "narrow by ebb::narrow or ebb::bounded of alloc/base/narrow.h"
          ${alloc_sources})

# A test waits for a state, as long as it takes; ctest alone ends one that hangs.
set(test_sources ${sources})
list(FILTER test_sources INCLUDE REGEX "^tests/")
one_place("sleep_(for|until)|nanosleep|usleep *\\([^0]|(^|[^a-z_])(sleep|alarm) *\\([^)]|wait_for *\\("
          "tests/support/wait.h" "wait for a state by tests/support/wait.h" ${test_sources})
one_place("(^|[^a-z_])fork\\(" "tests/support/forked.h"
          "fork by tests/support/forked.h, so that the child ends with the test" ${test_sources})

if(failures GREATER 0)
    message(FATAL_ERROR "${failures} lines say what another place says")
endif()
