# libebbwitness.so: what `ebb run` and `ebb compare` preload beside a malloc. It becomes part of
# programs that aren't ebb's: nothing of the C++ library, no sanitizer in any preset, every call
# resolved when it is loaded (answers.h reads the slots).
add_library(ebb_witness SHARED witness/answers.cpp witness/witness.cpp)
set_target_properties(ebb_witness PROPERTIES OUTPUT_NAME ebbwitness CXX_VISIBILITY_PRESET hidden)
target_include_directories(ebb_witness PRIVATE ${EBB_INCLUDE_ROOT})
target_compile_options(ebb_witness PRIVATE -O2 -fplt -fno-builtin -fno-exceptions -fno-rtti
                                           -fno-threadsafe-statics -fno-sanitize=all)
target_link_options(ebb_witness PRIVATE -fno-sanitize=all -nodefaultlibs LINKER:-z,now
                                        LINKER:-z,defs)
target_link_libraries(ebb_witness PRIVATE c)
ebb_warnings(ebb_witness)
install(TARGETS ebb_witness LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
