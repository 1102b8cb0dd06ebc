# ebb_warnings(TARGET): what every target of the project itself is compiled with. It never reaches
# those who link ebb.
function(ebb_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    if(PROJECT_IS_TOP_LEVEL)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    # g++ 12 can't follow a sanitizer's instrumentation: it takes members of std::function, inside
    # of std::regex, for uninitialized. The other presets keep the warning.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND EBB_SANITIZED)
        target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
endfunction()
