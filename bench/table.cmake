# What the ebb command measures and prints (ebb_bench), and the program that it measures maps with
# (ebb-cell).
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

add_library(ebb_bench STATIC
    arguments.cpp
    mallocs/cell_process.cpp
    mallocs/chosen.cpp
    mallocs/malloc.cpp
    maps/book.cpp
    maps/cell.cpp
    maps/others.cpp
    maps/plan.cpp
    maps/record.cpp
    maps/runner.cpp
    memory.cpp
    process/child.cpp
    process/counted.cpp
    process/elf.cpp
    process/figure.cpp
    process/scratch.cpp
    programs/compare.cpp
    programs/launch.cpp
    programs/program.cpp
    programs/under.cpp
    programs/witnessed.cpp
    report/before_after.cpp
    report/budget.cpp
    report/budget_run.cpp
    report/compare_json.cpp
    report/compare_table.cpp
    report/grid.cpp
    report/json.cpp
    report/rank_test.cpp
    report/run_json.cpp
    report/plot.cpp
    report/run_table.cpp
    report/spike.cpp
    report/table.cpp
    spike/run.cpp
    spike/sample.cpp
)
add_library(ebb::bench ALIAS ebb_bench)
target_link_libraries(ebb_bench PUBLIC ebb::alloc ebb::maps ${CMAKE_DL_LIBS}
                                PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(ebb_bench PRIVATE EBB_LIBDIR="${CMAKE_INSTALL_LIBDIR}")
ebb_warnings(ebb_bench)

# Callgrind counts a measured program's instructions between its marks (process/marks.h) where
# valgrind's header is there.
find_path(EBB_CALLGRIND valgrind/callgrind.h)
mark_as_advanced(EBB_CALLGRIND)

# A process that measures a malloc must be that malloc's alone: no sanitizer stands in its place, in
# no preset. So such a program has object files of its own, and links ebb_measured_alloc.
function(ebb_unsanitized name)
    target_include_directories(${name} PRIVATE ${EBB_INCLUDE_ROOT})
    target_compile_definitions(${name} PRIVATE NDEBUG $<$<BOOL:${EBB_CALLGRIND}>:EBB_CALLGRIND>)
    target_compile_options(${name} PRIVATE -O3 -fno-sanitize=all)
    target_link_options(${name} PRIVATE -fno-sanitize=all)
    target_link_libraries(${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
    ebb_warnings(${name})
endfunction()

# ebb's own sources as a release builds them.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT EBB_SANITIZED)
    add_library(ebb_measured_alloc ALIAS ebb_alloc)
else()
    get_target_property(alloc_sources ebb_alloc SOURCES)
    list(TRANSFORM alloc_sources PREPEND ${PROJECT_SOURCE_DIR}/alloc/)
    add_library(ebb_measured_alloc STATIC ${alloc_sources})
    set_target_properties(ebb_measured_alloc PROPERTIES POSITION_INDEPENDENT_CODE ON)
    ebb_unsanitized(ebb_measured_alloc)
endif()

add_library(ebb_cell_parts STATIC
    mallocs/verify.cpp
    maps/cell.cpp
    maps/cell_program.cpp
    maps/meter.cpp
    maps/record.cpp
)
target_link_libraries(ebb_cell_parts PUBLIC ebb_measured_alloc)
ebb_unsanitized(ebb_cell_parts)

add_executable(ebb_cell
    maps/cell_main.cpp
    maps/on_at_once.cpp
    maps/on_collected.cpp
    maps/on_go_heap.cpp
    maps/on_malloc.cpp
    maps/on_pages.cpp
    spike/cell_main.cpp
    spike/on_go_heap.cpp
    spike/on_malloc.cpp
    spike/on_pages.cpp
    spike/sample.cpp
)
set_target_properties(ebb_cell PROPERTIES OUTPUT_NAME ebb-cell)
target_link_libraries(ebb_cell PRIVATE ebb_cell_parts)
ebb_unsanitized(ebb_cell)
install(TARGETS ebb_cell RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/ebb)

# ebb-cell-LAYOUT for each map of others that is there: peers.cmake has the list. They take a while to
# build: without EBB_ALL_LAYOUTS there are only those that the table of `ebb maps` usually has, in a
# sanitized preset only std, which is the same there.
option(EBB_ALL_LAYOUTS "Build the layouts of `ebb maps` for all of others' maps that are installed" ON)
set(usual_layouts std boost_flat absl_flat)
add_custom_target(ebb_layouts)
set_property(GLOBAL PROPERTY ebb_layout_packages "")

# ebb_layout(NAME PACKAGE): its name and package for what `ebb maps` says, however it is here.
function(ebb_layout name package)
    string(REPLACE _ - layout ${name})
    set_property(GLOBAL APPEND PROPERTY ebb_layout_packages "${layout}=${package}")
endfunction()

# ebb_layout_program(NAME): the program, of bench/peers/maps/NAME.h.
function(ebb_layout_program name)
    string(REPLACE _ - layout ${name})
    set(target ebb_cell_${name})
    add_executable(${target} maps/other_main.cpp)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ebb-cell-${layout})
    target_compile_definitions(${target} PRIVATE EBB_LAYOUT="${layout}"
                                                 EBB_MAP=<ebb/bench/peers/maps/${name}.h>)
    target_link_libraries(${target} PRIVATE ebb_cell_parts)
    ebb_unsanitized(${target})
    if((EBB_SANITIZED AND NOT name STREQUAL "std") OR
       NOT (EBB_ALL_LAYOUTS OR name IN_LIST usual_layouts))
        set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    else()
        add_dependencies(ebb_layouts ${target})
    endif()
    install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/ebb OPTIONAL)
endfunction()
