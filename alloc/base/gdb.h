// gdb: the name of the script that shows ebb's types in gdb, left in a program where it is built on
// a machine that has the script.
//
// gdb reads the section .debug_gdb_scripts and loads what it names, where that lies in a folder
// that it trusts; of itself it trusts /usr/share/gdb/auto-load. So a program with nothing of ebb's
// but maps, which are headers alone, shows them without a word from its user. Installed elsewhere,
// the script is loaded by one `source` line (docs/ebb-gdb.7).
// Costs: 45 bytes of the file, none of memory; strip takes them.
//
// EBB_SHOWN stands before the name of a class whose constructors are in the library: of such a one
// clang++ tells the debugger nothing, where the library has no debug information of its own.
#pragma once

#ifndef EBB_GDB_SCRIPT
#define EBB_GDB_SCRIPT "/usr/share/gdb/auto-load/ebb/ebb.py"
#endif

#if __has_include(EBB_GDB_SCRIPT)
// 1: the name of a file in Python. Equal names are one in the end.
asm(".pushsection \".debug_gdb_scripts\", \"MS\", %progbits, 1\n"
    ".byte 1\n"
    ".asciz \"" EBB_GDB_SCRIPT "\"\n"
    ".popsection\n");
#endif

#if __has_cpp_attribute(clang::standalone_debug)
#define EBB_SHOWN [[clang::standalone_debug]]
#else
#define EBB_SHOWN
#endif
