# Installs the build into a folder of its own and builds tests/consumer against it.
#     cmake -DBUILD=<build> -DSOURCE=<tests/consumer> -DWORK=<scratch> -DCXX=... -DFLAGS=... -DGENERATOR=... -P run.cmake
file(REMOVE_RECURSE ${WORK})
foreach(step
        "${CMAKE_COMMAND};--install;${BUILD};--prefix;${WORK}/prefix"
        "${CMAKE_COMMAND};-G;${GENERATOR};-S;${SOURCE};-B;${WORK}/build;-DCMAKE_PREFIX_PATH=${WORK}/prefix;-DCMAKE_CXX_COMPILER=${CXX};-DCMAKE_CXX_FLAGS=${FLAGS}"
        "${CMAKE_COMMAND};--build;${WORK}/build"
        "${WORK}/build/consumer"
        "${WORK}/build/counted")
    if("${step}" STREQUAL "${WORK}/build/counted" AND NOT EXISTS "${WORK}/build/counted")
        continue() # a sanitized build has no malloc to count
    endif()
    execute_process(COMMAND ${step} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${step}: ${result}\n${out}")
    endif()
endforeach()
