#!/usr/bin/env python3
"""Runs the front end of a build's compiler over the source files that another build doesn't compile.

    front_end.py FOLDER [--but FOLDER]... [--jobs N]

FOLDER is a configured build folder with a compile_commands.json. Every source file in it that none
of the other folders builds is parsed and checked with that build's own flags and warnings, but no
code is made of it: a third of the time. A source file that is compiled twice in FOLDER, with other
definitions, is checked twice.

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


def key_of(entry):
    """What makes an entry another one: the file and its definitions."""
    definitions = (word for word in shlex.split(entry["command"]) if word.startswith("-D"))
    return entry["file"], tuple(definitions)


def check(entry):
    done = subprocess.run(words_for_the_front_end(entry), cwd=entry["directory"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return entry["file"], done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--but", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    compiled = {entry["file"] for folder in options.but for entry in entries(folder)}
    wanted = {}
    for entry in entries(options.folder):
        if "cmake_pch" not in entry["file"] and entry["file"] not in compiled:
            wanted.setdefault(key_of(entry), entry)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        ends = list(pool.map(check, wanted.values()))
    wrong = 0
    for file, status, text in ends:
        if status != 0:
            wrong += 1
            print(f"{file}:\n{text}", file=sys.stderr)
    print(f"front end: {len(ends)} source files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
