# The arena suite (bench/run arenas): what runs it (bench_arenas), and the program that it measures
# with. Boost's arenas are in it where they are installed.
add_library(ebb_arena_suite STATIC arenas/rows.cpp arenas/runner.cpp)
target_link_libraries(ebb_arena_suite PUBLIC ebb_malloc_suite)
ebb_warnings(ebb_arena_suite)

add_executable(bench_arenas arenas/main.cpp)
target_link_libraries(bench_arenas PRIVATE ebb_arena_suite CLI11::CLI11 fmt::fmt)
ebb_warnings(bench_arenas)

add_executable(bench_arenas_cell arenas/cell_main.cpp)
target_link_libraries(bench_arenas_cell PRIVATE ebb_measured_alloc)
ebb_unsanitized(bench_arenas_cell)
add_dependencies(bench_arenas bench_arenas_cell)

find_path(EBB_BOOST_POOL boost/pool/pool_alloc.hpp)
find_library(EBB_BOOST_CONTAINER boost_container)
mark_as_advanced(EBB_BOOST_POOL EBB_BOOST_CONTAINER)
if(EBB_BOOST_POOL)
    target_include_directories(bench_arenas_cell SYSTEM PRIVATE ${EBB_BOOST_POOL})
    target_compile_definitions(bench_arenas_cell PRIVATE EBB_BOOST)
    if(EBB_BOOST_CONTAINER)
        target_compile_definitions(bench_arenas_cell PRIVATE EBB_BOOST_CONTAINER)
        target_link_libraries(bench_arenas_cell PRIVATE ${EBB_BOOST_CONTAINER})
    endif()
endif()
