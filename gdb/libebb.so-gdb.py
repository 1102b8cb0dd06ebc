"""What gdb reads by itself for a library of ebb's, by the library's path and name: it stands in a
folder below the one that holds ebb/ebb.py."""

import os

import gdb

folder = os.path.dirname(os.path.abspath((lambda: None).__code__.co_filename))
while not os.path.exists(os.path.join(folder, "ebb", "ebb.py")) and folder != os.path.dirname(folder):
    folder = os.path.dirname(folder)
gdb.execute("source " + os.path.join(folder, "ebb", "ebb.py"))
