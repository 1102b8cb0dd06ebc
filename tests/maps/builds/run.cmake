# One program of two files, here.cpp and there.cpp, whose files are compiled in different ways, with the
# installed library of a release.
#     cmake -DWORK=<scratch> -DINCLUDE=<include root> -DLIBRARY=<libebb_alloc.a> -P run.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(sources ${CMAKE_CURRENT_LIST_DIR})

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGV}: ${result}\n${out}")
    endif()
endfunction()

# compile(OBJECT SOURCE OPTION...)
function(compile object source)
    run(g++ -Wall -Wextra -Werror -I${INCLUDE} ${ARGN} -c ${sources}/${source}.cpp -o ${WORK}/${object}.o)
endfunction()
# link_and_run(NAME OBJECT OBJECT OPTION...)
function(link_and_run name first second)
    run(g++ ${WORK}/${first}.o ${WORK}/${second}.o ${ARGN} ${LIBRARY} -lpthread -o ${WORK}/${name})
    run(${WORK}/${name})
endfunction()

# Assertions and optimization differ.
compile(here_ndebug here -std=c++20 -O2 -DNDEBUG)
compile(there_debug there -std=c++20 -O0)
link_and_run(mixed here_ndebug there_debug)

# One file for the address sanitizer, the other and the library without: no false report, no false leak.
compile(there_asan there -std=c++20 -O1 -fsanitize=address)
link_and_run(asan here_ndebug there_asan -fsanitize=address)

# Neither exceptions nor runtime type information, and the next standard.
compile(here_bare here -std=c++2b -O1 -fno-exceptions -fno-rtti)
compile(there_bare there -std=c++2b -O1 -fno-exceptions -fno-rtti)
link_and_run(bare here_bare there_bare)

# Iterators that know when they have ended are other types: the linker refuses to mix them.
compile(here_checked here -std=c++20 -O1 -DEBB_CHECK_ITERATORS=1)
execute_process(COMMAND g++ ${WORK}/here_checked.o ${WORK}/there_debug.o ${LIBRARY} -lpthread
                        -o ${WORK}/refused
                RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(result EQUAL 0)
    message(FATAL_ERROR "maps with checked iterators and maps without were linked")
endif()
if(NOT out MATCHES "undefined reference to [^\n]*checked_iterators")
    message(FATAL_ERROR "the linker refused something else:\n${out}")
endif()
