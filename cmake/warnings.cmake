# ebb_warnings(TARGET): what every target of the project itself is compiled with. It never reaches
# those who link ebb.
function(ebb_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    if(PROJECT_IS_TOP_LEVEL)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()
