#!/usr/bin/env python3
"""Runs the front end of a build's compiler over source files that no other build compiles with it.

    front_end.py FOLDER [--in ROOM]... [--built FOLDER] [--but FOLDER]... [--jobs N]

FOLDER is a configured build folder with a compile_commands.json. Every source file in it, once, is
parsed and checked with that build's own flags and warnings, but no code is made of it: a third of
the time.

    --in ROOM        only files of this folder of the source tree; may be repeated
    --built FOLDER   only files that have been compiled there, by another compiler
    --but FOLDER     no file that this folder compiles, by the same compiler; may be repeated

Exit: 0 all are in order, 1 some aren't (the compiler's messages say what), 2 usage.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def entries(folder):
    with open(pathlib.Path(folder) / "compile_commands.json", encoding="utf-8") as file:
        return json.load(file)


def words_for_the_front_end(entry):
    """The command without what it would write, and without precompiled headers: none are made."""
    words = []
    rest = iter(shlex.split(entry["command"]))
    for word in rest:
        if word in ("-o", "-MF", "-MT", "-MQ"):
            next(rest)
        elif word == "-Xclang":
            follows = next(rest)
            if follows == "-include-pch":
                next(rest), next(rest)
            elif follows == "-include":
                next(rest)
                words += ["-include", next(rest)]
            else:
                words += [word, follows]
        elif word not in ("-c", "-MD", "-MMD", "-Winvalid-pch", "-fpch-instantiate-templates"):
            words.append(word)
    return words + ["-fsyntax-only"]


def is_compiled(entry):
    words = shlex.split(entry["command"])
    return (pathlib.Path(entry["directory"]) / words[words.index("-o") + 1]).exists()


def by_name(folder):
    """The entries of a folder by their file's name below the source tree, or below the folder, where
    that includes several sources at once (EBB_UNITY): the same in each folder."""
    root = pathlib.Path(__file__).resolve().parent.parent
    named = {}
    for entry in entries(folder):
        file = pathlib.Path(entry["file"])
        for base in (pathlib.Path(folder).resolve(), root):
            if file.is_relative_to(base):
                named.setdefault(str(file.relative_to(base)), entry)
                break
    return named


def wanted_of(options):
    """The entries to check."""
    rooms = tuple(room + "/" for room in options.rooms) or ("",)
    built = options.built and {
        name for name, entry in by_name(options.built).items() if is_compiled(entry)}
    compiled = {name for folder in options.but for name in by_name(folder)}
    return [entry for name, entry in by_name(options.folder).items()
            if name.startswith(rooms) and "cmake_pch" not in name and name not in compiled
            and (built is None or name in built)]


def check(entry):
    done = subprocess.run(words_for_the_front_end(entry), cwd=entry["directory"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return entry["file"], done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--in", action="append", default=[], metavar="ROOM", dest="rooms")
    parser.add_argument("--built", metavar="FOLDER")
    parser.add_argument("--but", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        ends = list(pool.map(check, wanted_of(options)))
    wrong = 0
    for file, status, text in ends:
        if status != 0:
            wrong += 1
            print(f"{file}:\n{text}", file=sys.stderr)
    print(f"front end: {len(ends)} source files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
