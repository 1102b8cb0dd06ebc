# Which sanitizer this build is for, by the compiler's flags. The sources ask
# alloc/base/sanitizers.h, which knows by the compiler's own macros.
set(EBB_SANITIZED FALSE)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
    set(EBB_SANITIZED TRUE)
endif()
set(EBB_THREAD_SANITIZED FALSE)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    set(EBB_THREAD_SANITIZED TRUE)
endif()
