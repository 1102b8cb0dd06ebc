"""Shows ebb's maps, arenas and ledgers in gdb.

    (gdb) source <prefix>/share/gdb/auto-load/ebb/ebb.py
    (gdb) print visits
    $1 = ebb::hash_map with 2 elements in 144 bytes, 144 bytes mapped = {[3] = 1, [7] = 4}

gdb reads this file by itself where ebb is installed under /usr (docs/ebb-gdb.7). The printers lie in
ebb_printers/: tables.py knows how hash_map, hash_set and their node kin lie in memory, go_tables.py
how go_map does, arenas.py where an arena has its figures. tests/gdb fails when a header and these
files part ways.
"""

import os
import sys

import gdb
import gdb.printing

# Where this file is. __file__ is the first of several files that source each other.
sys.path.insert(0, os.path.dirname(os.path.abspath((lambda: None).__code__.co_filename)))
import ebb_printers  # noqa: E402

sys.path.pop(0)

gdb.printing.register_pretty_printer(gdb.current_objfile(), ebb_printers.collection(), replace=True)
