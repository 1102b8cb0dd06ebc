# The malloc suite (bench/run malloc): what runs it (bench_malloc), and the two programs that it
# measures with.
find_package(CLI11 REQUIRED)

add_library(ebb_malloc_suite STATIC
    malloc/binding.cpp
    malloc/budgeted.cpp
    malloc/commands.cpp
    malloc/inputs.cpp
    malloc/micro_report.cpp
    malloc/plan.cpp
    malloc/programs.cpp
    malloc/rows.cpp
    malloc/runner.cpp
    malloc/subjects.cpp
    report/relative.cpp
    report/suite_between.cpp
    report/suite_json.cpp
    report/suite_table.cpp
)
target_link_libraries(ebb_malloc_suite PUBLIC ebb::bench
                                       PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
ebb_warnings(ebb_malloc_suite)

add_executable(bench_malloc malloc/main.cpp)
target_compile_definitions(bench_malloc PRIVATE EBB_VERSION="${PROJECT_VERSION}")
target_link_libraries(bench_malloc PRIVATE ebb_malloc_suite CLI11::CLI11 fmt::fmt)
ebb_warnings(bench_malloc)

add_executable(bench_malloc_micro
    mallocs/verify.cpp
    suites/malloc/churn.cpp
    suites/malloc/large.cpp
    suites/malloc/main.cpp
    suites/malloc/pairs.cpp
    suites/malloc/random.cpp
    suites/malloc/snapshot.cpp
    suites/malloc/threads.cpp
)
target_link_libraries(bench_malloc_micro PRIVATE benchmark::benchmark)
ebb_unsanitized(bench_malloc_micro)

# The C++ library is in it: a process that loads none shows what the malloc itself takes.
add_executable(bench_malloc_cell
    ${PROJECT_SOURCE_DIR}/alloc/os/process.cpp
    malloc/cell_main.cpp
    malloc/launch.cpp
    malloc/loads.cpp
    malloc/scenarios.cpp
    mallocs/verify.cpp
)
target_link_options(bench_malloc_cell PRIVATE -static-libstdc++ -static-libgcc)
ebb_unsanitized(bench_malloc_cell)
add_dependencies(bench_malloc bench_malloc_micro bench_malloc_cell)
