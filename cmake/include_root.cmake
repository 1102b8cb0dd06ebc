# The include root for in-tree users: <build>/include/ebb/ links to the source folders, so that an
# include reads the same here and after installation.
set(EBB_INCLUDE_ROOT ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${EBB_INCLUDE_ROOT}/ebb)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/alloc/ledger/ebb.h ${EBB_INCLUDE_ROOT}/ebb/ebb.h SYMBOLIC)
foreach(folder alloc maps bench cli)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${EBB_INCLUDE_ROOT}/ebb/${folder} SYMBOLIC)
endforeach()
