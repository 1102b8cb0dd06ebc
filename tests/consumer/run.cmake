# Installs the build into a folder of its own, builds tests/consumer against it and runs what came
# of that.
#     cmake -DBUILD=<build> -DSOURCE=<tests/consumer> -DWORK=<scratch> -DCXX=... -DFLAGS=... -DGENERATOR=... -P run.cmake
file(REMOVE_RECURSE ${WORK})

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGV}: ${result}\n${out}")
    endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${SOURCE} -B ${WORK}/build
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
if(EXISTS ${WORK}/build/counted)
    run(${WORK}/build/counted)
endif()
if(EXISTS ${WORK}/build/preload)
    foreach(kind shared static whole)
        run(${WORK}/build/${kind}_c)
        run(${WORK}/build/${kind}_cpp)
    endforeach()
    run(${WORK}/build/catches)
    file(READ ${WORK}/build/preload library)
    run(${CMAKE_COMMAND} -E env LD_PRELOAD=${library} ${WORK}/build/plain)
    execute_process(COMMAND ${WORK}/build/plain RESULT_VARIABLE result ERROR_QUIET)
    if(result EQUAL 0)
        message(FATAL_ERROR "plain: found ebb without a preload")
    endif()
endif()
