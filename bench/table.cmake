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
    maps/plan.cpp
    maps/record.cpp
    maps/runner.cpp
    memory.cpp
    process/child.cpp
    process/elf.cpp
    process/figure.cpp
    process/scratch.cpp
    programs/compare.cpp
    programs/launch.cpp
    programs/program.cpp
    programs/under.cpp
    programs/witnessed.cpp
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

# A process that measures a malloc must be that malloc's alone: no sanitizer stands in its place, in
# no preset. So ebb-cell has object files of its own, of ebb's sources too, as a release builds them.
get_target_property(alloc_sources ebb_alloc SOURCES)
list(TRANSFORM alloc_sources PREPEND ${PROJECT_SOURCE_DIR}/alloc/)
add_executable(ebb_cell
    mallocs/verify.cpp
    maps/cell.cpp
    maps/cell_main.cpp
    maps/on_at_once.cpp
    maps/on_collected.cpp
    maps/on_go_heap.cpp
    maps/record.cpp
    spike/cell_main.cpp
    spike/on_go_heap.cpp
    spike/on_malloc.cpp
    spike/on_pages.cpp
    spike/sample.cpp
    ${alloc_sources}
)
set_target_properties(ebb_cell PROPERTIES OUTPUT_NAME ebb-cell)
target_include_directories(ebb_cell PRIVATE ${EBB_INCLUDE_ROOT})
target_link_libraries(ebb_cell PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
target_compile_definitions(ebb_cell PRIVATE NDEBUG)
target_compile_options(ebb_cell PRIVATE -O3 -fno-sanitize=all)
target_link_options(ebb_cell PRIVATE -fno-sanitize=all)
ebb_warnings(ebb_cell)
install(TARGETS ebb_cell RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/ebb)
