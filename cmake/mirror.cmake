# Whether the tests mirror the sources. Run as a test:
#     cmake -DROOT=<source folder> -P cmake/mirror.cmake
# It fails, naming the folder, where tests/{alloc,maps,bench,cli} have a folder that the sources
# don't have, but for those which test a whole folder of the sources at once.
cmake_minimum_required(VERSION 3.25)

set(at_once maps/builds maps/contract maps/messages maps/traces alloc/engine/stress)
set(failures 0)
foreach(side alloc maps bench cli)
    file(GLOB_RECURSE files LIST_DIRECTORIES true RELATIVE ${ROOT}/tests ${ROOT}/tests/${side}/*)
    foreach(folder IN LISTS files)
        if(IS_DIRECTORY ${ROOT}/tests/${folder} AND NOT IS_DIRECTORY ${ROOT}/${folder}
           AND NOT folder IN_LIST at_once)
            message("tests/${folder}: there is no ${folder}")
            math(EXPR failures "${failures} + 1")
        endif()
    endforeach()
endforeach()
if(failures GREATER 0)
    message(FATAL_ERROR "${failures} folders of tests mirror no folder of the sources")
endif()
