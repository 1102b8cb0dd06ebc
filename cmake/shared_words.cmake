# The words that threads share in the engine all go through alloc/engine/shared.h, so that the noisy
# build reaches every one of them. Run as a test:
#     cmake -DROOT=<source folder> -P cmake/shared_words.cmake
# It fails, naming file and line, where another file of alloc/engine names std::atomic<> or a
# compiler's atomic.
cmake_minimum_required(VERSION 3.25)

file(GLOB sources RELATIVE ${ROOT} ${ROOT}/alloc/engine/*.h ${ROOT}/alloc/engine/*.cpp)
list(REMOVE_ITEM sources alloc/engine/shared.h)
set(failures 0)
foreach(source IN LISTS sources)
    file(STRINGS ${ROOT}/${source} lines REGEX "std::atomic(_ref)?[ \t]*<|__atomic_|__sync_")
    foreach(line IN LISTS lines)
        message("${source}: ${line}\n  take shared<T>, owned<T>, load_relaxed() or store_relaxed()")
        math(EXPR failures "${failures} + 1")
    endforeach()
endforeach()
list(LENGTH sources count)
if(failures GREATER 0 OR count EQUAL 0)
    message(FATAL_ERROR "${failures} lines in ${count} files of alloc/engine bypass shared.h")
endif()
message("${count} files of alloc/engine share words through shared.h alone")
