# Installs the build, compiles subjects.cpp as a user would, and has gdb show each of its variables.
#     cmake -DBUILD=<build> -DWORK=<scratch> -DGDB=<gdb> -DCXX=<compiler> -P run.cmake
#
# By g++ gdb finds the script itself, by the name that the headers leave in the program; by clang++,
# with iterators that are checked, it is sourced as the manual says.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(here ${CMAKE_CURRENT_LIST_DIR})
set(prefix ${WORK}/prefix)

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGV}: ${result}\n${out}")
    endif()
    set(out "${out}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
set(loads ${prefix}/share/gdb/auto-load)
file(GLOB library ${prefix}/lib*/libebb_alloc.a ${prefix}/lib/*/libebb_alloc.a)
set(flags -std=c++20 -g -O0 -I${prefix}/include ${here}/subjects.cpp ${library} -lpthread)
# No init file of whoever runs the test, no look-up of sources over the network.
set(gdb ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 DEBUGINFOD_URLS= ${GDB} -nx -batch)
if(CXX MATCHES "clang")
    run(${CXX} ${flags} -DEBB_CHECK_ITERATORS=1 -o ${WORK}/subjects)
    set(load -x ${loads}/ebb/ebb.py)
else()
    run(${CXX} ${flags} -DEBB_GDB_SCRIPT=\"${loads}/ebb/ebb.py\" -o ${WORK}/subjects)
    set(load -iex "add-auto-load-safe-path ${loads}")
endif()
foreach(count 0 1 20 5000)
    run(${gdb} ${load} -x ${here}/check.py --args ${WORK}/subjects ${count} ${WORK}/expected)
    message("${count} elements: ${out}")
endforeach()

# A program that has nothing of ebb's but the malloc: gdb finds the script by the library's name.
file(GLOB library ${prefix}/lib*/libebbmalloc.so ${prefix}/lib/*/libebbmalloc.so)
if(library AND NOT CXX MATCHES "clang")
    get_filename_component(folder ${library} DIRECTORY)
    run(${CXX} -g -I${prefix}/include ${here}/ledger.cpp ${library} -Wl,-rpath,${folder} -o ${WORK}/ledger)
    run(${gdb} -iex "set auto-load scripts-directory ${loads}" -iex "add-auto-load-safe-path ${loads}"
        -ex "break stop" -ex run -ex up -ex "print l" ${WORK}/ledger)
    if(NOT out MATCHES "ebb_ledger = {requested = [0-9,]+ \\(1\\.0 MiB\\), slack = ")
        message(FATAL_ERROR "the ledger isn't shown as the script does:\n${out}")
    endif()
endif()
