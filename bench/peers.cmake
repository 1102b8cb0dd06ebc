# The map suite (bench/run maps): a program for each map that it measures (bin/peers/NAME, listed in
# bin/peers/list with what is missing), and what runs them (bench_maps). The maps of others in this
# list are layouts of `ebb maps`, too (table.cmake).
set(EBB_EXTRA_MAPS "" CACHE PATH
    "A folder of further maps for bench/run maps: NAME.cpp each, see bench/peers/peer.h")

set(peers_list "")
# The scenarios, with all that they need of alloc: they serve maps of any tree.
add_library(ebb_peer STATIC EXCLUDE_FROM_ALL
    ${PROJECT_SOURCE_DIR}/alloc/os/process.cpp
    peers/counting.cpp
    peers/eighths.cpp
    peers/keys.cpp
    peers/latency.cpp
    peers/memory.cpp
    peers/run_peer.cpp
    peers/saw_tooth.cpp
    peers/stopwatch.cpp
    peers/time.cpp
    peers/trace.cpp
)
target_link_libraries(ebb_peer PUBLIC benchmark::benchmark)
ebb_unsanitized(ebb_peer)

add_custom_target(bench_peers)

# ebb_peer_program(NAME SOURCE): the program alone.
function(ebb_peer_program name source)
    add_executable(bench_peer_${name} EXCLUDE_FROM_ALL ${source})
    set_target_properties(bench_peer_${name} PROPERTIES
        OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/peers)
    target_link_libraries(bench_peer_${name} PRIVATE ebb_peer ebb_measured_alloc)
    ebb_unsanitized(bench_peer_${name})
endfunction()

# ebb_map(NAME [LAYOUT] [HEADER header PACKAGE package] [TARGETS targets...]): a map of this
# repository's own list, bench/peers/maps/NAME.cpp; LAYOUT: NAME.h there is a layout of `ebb maps`.
# Where the header isn't there, its row says so.
function(ebb_map name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "LAYOUT" "HEADER;PACKAGE" "TARGETS")
    set(missing "")
    if(arg_HEADER)
        find_path(EBB_PEER_${name} ${arg_HEADER})
        mark_as_advanced(EBB_PEER_${name})
        foreach(target IN LISTS arg_TARGETS)
            if(NOT TARGET ${target})
                set(missing "not installed: apt install ${arg_PACKAGE}")
            endif()
        endforeach()
        if(NOT EBB_PEER_${name})
            set(missing "not installed: apt install ${arg_PACKAGE}")
        endif()
    endif()
    if(arg_LAYOUT)
        ebb_layout(${name} "${arg_PACKAGE}")
    endif()
    if(missing STREQUAL "")
        ebb_peer_program(${name} peers/maps/${name}.cpp)
        set(programs bench_peer_${name})
        if(arg_LAYOUT)
            ebb_layout_program(${name})
            list(APPEND programs ebb_cell_${name})
        endif()
        set(version "${PROJECT_VERSION}")
        if(arg_HEADER)
            execute_process(COMMAND dpkg-query -W -f=\${Version} ${arg_PACKAGE}
                            OUTPUT_VARIABLE version ERROR_QUIET)
        endif()
        foreach(program IN LISTS programs)
            if(arg_HEADER)
                target_include_directories(${program} SYSTEM PRIVATE ${EBB_PEER_${name}})
            endif()
            target_link_libraries(${program} PRIVATE ${arg_TARGETS})
        endforeach()
        target_compile_definitions(bench_peer_${name} PRIVATE EBB_PACKAGE_VERSION="${version}")
        add_dependencies(bench_peers bench_peer_${name})
    endif()
    set(peers_list "${peers_list}${name}\t${missing}\n" PARENT_SCOPE)
endfunction()

# The programs that ebb's maps are counted with (bench_seeded_maps, bin/peers/seeded): the seeds of
# their maps are the same in every run, so that their counts are, too.
add_custom_target(bench_seeded_maps)
set(seeded_list "")
foreach(name hash_map node_hash_map go_map)
    set(peer bench_peer_seeded_${name})
    ebb_peer_program(seeded_${name} peers/maps/${name}.cpp)
    set_target_properties(${peer} PROPERTIES
        OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/peers/seeded)
    target_compile_definitions(${peer} PRIVATE EBB_PACKAGE_VERSION="${PROJECT_VERSION}"
                                               EBB_MAP_SEED=1)
    add_dependencies(bench_seeded_maps ${peer})
    string(APPEND seeded_list "${name}\t\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/peers/seeded/list CONTENT "${seeded_list}"
     @ONLY)
add_dependencies(bench_peers bench_seeded_maps)

find_package(absl QUIET)
ebb_map(hash_map)
ebb_map(node_hash_map)
ebb_map(go_map)
ebb_map(std LAYOUT)
ebb_map(boost_flat LAYOUT HEADER boost/unordered/unordered_flat_map.hpp PACKAGE libboost1.81-dev)
ebb_map(absl_flat LAYOUT HEADER absl/container/flat_hash_map.h PACKAGE libabsl-dev
        TARGETS absl::flat_hash_map)
ebb_map(absl_node LAYOUT HEADER absl/container/node_hash_map.h PACKAGE libabsl-dev
        TARGETS absl::node_hash_map)
ebb_map(absl_btree LAYOUT HEADER absl/container/btree_map.h PACKAGE libabsl-dev TARGETS absl::btree)
ebb_map(robin LAYOUT HEADER tsl/robin_map.h PACKAGE robin-map-dev)
ebb_map(hopscotch LAYOUT HEADER tsl/hopscotch_map.h PACKAGE libtsl-hopscotch-map-dev)
ebb_map(sparse LAYOUT HEADER sparsehash/sparse_hash_map PACKAGE libsparsehash-dev)
get_property(packages GLOBAL PROPERTY ebb_layout_packages)
list(JOIN packages "," packages)
set_source_files_properties(maps/others.cpp PROPERTIES
    COMPILE_DEFINITIONS EBB_LAYOUT_PACKAGES="${packages}")

if(EBB_EXTRA_MAPS)
    file(GLOB extras CONFIGURE_DEPENDS ${EBB_EXTRA_MAPS}/*.cpp)
    foreach(source IN LISTS extras)
        get_filename_component(name ${source} NAME_WE)
        get_filename_component(folder ${source} DIRECTORY)
        if(TARGET bench_peer_${name})
            message(FATAL_ERROR "EBB_EXTRA_MAPS: ${name}.cpp: there is a map of that name already")
        endif()
        ebb_peer_program(${name} ${source})
        # Others' headers keep to others' rules of warning.
        target_compile_options(bench_peer_${name} PRIVATE -w)
        set(peer bench_peer_${name})
        include(${folder}/${name}.cmake OPTIONAL)
        add_dependencies(bench_peers bench_peer_${name})
        string(APPEND peers_list "${name}\t\n")
    endforeach()
endif()
file(CONFIGURE OUTPUT ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/peers/list CONTENT "${peers_list}" @ONLY)

add_library(ebb_map_suite STATIC
    peers/budgeted.cpp
    peers/counts.cpp
    peers/keys.cpp
    peers/plan.cpp
    peers/runner.cpp
    peers/subjects.cpp
    report/peers_beside.cpp
    report/peers_between.cpp
    report/peers_json.cpp
    report/peers_table.cpp
)
target_link_libraries(ebb_map_suite PUBLIC ebb::bench
                                    PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
ebb_warnings(ebb_map_suite)

add_executable(bench_maps peers/main.cpp)
target_link_libraries(bench_maps PRIVATE ebb_map_suite CLI11::CLI11 fmt::fmt)
ebb_warnings(bench_maps)
