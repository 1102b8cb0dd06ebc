# What a stranger's find_package(ebb) finds.
include(CMakePackageConfigHelpers)

set(installed ebb_alloc ebb_maps)
if(TARGET ebb_malloc)
    list(APPEND installed ebb_malloc ebb_malloc_hardened ebb_malloc_static)
endif()
if(TARGET ebb_count)
    list(APPEND installed ebb_count)
endif()
install(TARGETS ${installed} EXPORT ebb_targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(folder alloc maps)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ebb/${folder}
            FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/alloc/ledger/ebb.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ebb)
install(FILES ${PROJECT_SOURCE_DIR}/docs/libebbmalloc.7 ${PROJECT_SOURCE_DIR}/docs/ebb-gdb.7
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)

# gdb reads what lies in this folder of /usr/share by itself: what a program names (alloc/base/gdb.h),
# and what is called as a library that the program loads, by the library's whole path.
set(gdb_scripts ${CMAKE_INSTALL_DATADIR}/gdb/auto-load)
install(FILES ${PROJECT_SOURCE_DIR}/gdb/ebb.py DESTINATION ${gdb_scripts}/ebb)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/gdb/ebb_printers DESTINATION ${gdb_scripts}/ebb
        FILES_MATCHING PATTERN "*.py")
foreach(library ebb_malloc ebb_malloc_hardened ebb_count)
    if(TARGET ${library})
        get_target_property(name ${library} OUTPUT_NAME)
        install(FILES ${PROJECT_SOURCE_DIR}/gdb/libebb.so-gdb.py RENAME lib${name}.so-gdb.py
                DESTINATION ${gdb_scripts}/\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR})
    endif()
endforeach()
install(EXPORT ebb_targets NAMESPACE ebb:: FILE ebbTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
configure_package_config_file(cmake/ebbConfig.cmake.in ${PROJECT_BINARY_DIR}/ebbConfig.cmake
        INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ebbConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ebbConfig.cmake ${PROJECT_BINARY_DIR}/ebbConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
