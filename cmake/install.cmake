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
install(FILES ${PROJECT_SOURCE_DIR}/docs/libebbmalloc.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(EXPORT ebb_targets NAMESPACE ebb:: FILE ebbTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
configure_package_config_file(cmake/ebbConfig.cmake.in ${PROJECT_BINARY_DIR}/ebbConfig.cmake
        INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ebbConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ebbConfig.cmake ${PROJECT_BINARY_DIR}/ebbConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
