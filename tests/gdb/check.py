"""Runs in gdb: starts tests/gdb/subjects.cpp and compares what gdb prints with what the program says.

    gdb -nx -batch -x check.py --args subjects N FILE

With the printers loaded before it, or loaded by gdb itself. Ends gdb with 1 where a text differs.
"""

import os

import gdb

for setting in ("width 0", "print elements unlimited", "print repeats unlimited", "print pretty off",
                "confirm off", "disable-randomization off", "print static-members off",
                "print max-depth unlimited"):
    gdb.execute("set " + setting)
gdb.execute("break stop")
gdb.execute("run", to_string=True)
gdb.execute("up", to_string=True)

file = gdb.execute("show args", to_string=True).split('"')[1].split()[-1]
failures = compared = 0
for line in open(file):
    name, expected = line.rstrip("\n").split("\t")
    shown = gdb.execute("print " + name, to_string=True).rstrip("\n").split(" = ", 1)[1]
    compared += 1
    if shown != expected:
        failures += 1
        at = len(os.path.commonprefix([shown, expected]))
        print("%s: gdb shows, and the program has, from character %d on:\n  %s\n  %s" %
              (name, at, shown[max(at - 60, 0):at + 200], expected[max(at - 60, 0):at + 200]))
print("%d compared, %d differ" % (compared, failures))
gdb.execute("kill")
gdb.execute("quit %d" % (1 if failures or compared == 0 else 0))
