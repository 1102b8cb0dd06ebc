"""Runs each program without and with a malloc preloaded and compares its answers byte for byte.

tests/programs/run builds what this needs and hands its options on; README.md tells the rest.
"""
import argparse
import difflib
import importlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from place import Failed, GUARD_SECONDS, Place

HERE = pathlib.Path(__file__).resolve().parent.parent
SAME, DIFFERS, FAILED, UNFIT, SKIPPED = "same", "DIFFERS", "FAILED", "UNFIT", "skipped"


def case_names():
    return sorted(path.stem for path in (HERE / "cases").glob("*.py"))


def case_of(name):
    case = importlib.import_module(f"cases.{name}")
    case.LONG_ONLY = getattr(case, "LONG_ONLY", False)
    return case


def parse(words):
    parser = argparse.ArgumentParser(
        prog="tests/programs/run", add_help=False, allow_abbrev=False,
        usage="%(prog)s [--malloc=NAME|PATH.so] [--long] [--no-install] [--keep] [PROGRAM...]")
    parser.add_argument("--malloc", default="ebb")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    options = parser.parse_args(words)
    known = case_names()
    for name in options.programs:
        if name not in known:
            parser.error(f"{name}: not one of {' '.join(known)}")
    options.programs = options.programs or [
        name for name in known if options.long or not case_of(name).LONG_ONLY]
    return options, parser


def library_of(options, parser):
    """The file to preload; None for glibc, which compares a program with itself."""
    if options.malloc == "glibc":
        return None
    if options.malloc.endswith(".so") or "/" in options.malloc:
        library = pathlib.Path(options.malloc)
    elif options.malloc == "ebb":
        library = options.build / "lib" / "libebbmalloc.so"
    else:
        told = subprocess.run([options.build / "bin" / "ebb", "mallocs", "--path", options.malloc],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if told.returncode != 0:
            parser.error(told.stderr.strip())
        library = pathlib.Path(told.stdout.strip())
    if not library.is_file():
        parser.error(f"{options.malloc}: no library {library}")
    return library.resolve()


def readable_copy(library, scratch):
    """A copy that a server's own user can read, whose path LD_PRELOAD can hold, and that a rebuild
    in the midst of a run doesn't change."""
    copy = scratch / library.name
    shutil.copyfile(library, copy)
    copy.chmod(0o755)
    return copy


class Harness:
    def __init__(self, scratch, library, witness, options):
        self.scratch = scratch
        self.library = readable_copy(library, scratch) if library else None
        self.witness = readable_copy(witness, scratch)
        self.options = options

    def answer(self, case, preload, limit_seconds):
        """What the program says and in how many seconds."""
        place = Place(self.scratch / "work", preload, self.witness, HERE / "inputs",
                      self.options.long, limit_seconds)
        began = time.monotonic()
        answer = case.run(place)
        seconds = time.monotonic() - began
        place.check_witnesses(case.EXECUTABLES)
        return answer, seconds

    def compare(self, name):
        """Result, seconds without and with, and what there is to say."""
        case = case_of(name)
        lacking = [c for c in case.COMMANDS if not shutil.which(c, path=os.defpath + ":/usr/sbin")]
        if lacking:
            return SKIPPED, None, None, "no command " + " ".join(lacking)
        limit_seconds = 3000 if self.options.long else GUARD_SECONDS
        try:
            without, seconds_without = self.answer(case, None, limit_seconds)
        except Failed as failure:
            return UNFIT, None, None, f"fails without the malloc: {failure}"
        try:
            with_it, seconds_with = self.answer(case, self.library, limit_seconds)
        except Failed as failure:
            return FAILED, seconds_without, None, str(failure)
        if with_it == without:
            return SAME, seconds_without, seconds_with, ""
        difference = list(difflib.unified_diff(without.splitlines(), with_it.splitlines(),
                                               "without", "with", lineterm="", n=1))
        return DIFFERS, seconds_without, seconds_with, "\n    | ".join(["", *difference[:20]])


def told(seconds):
    return "-" if seconds is None else f"{seconds:.1f}"


def compare_all(options, library, witness):
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ebb-programs."))
    scratch.chmod(0o755)
    try:
        harness = Harness(scratch, library, witness, options)
        print(f"malloc: {library or 'glibc'}")
        print(f"{'program':12} {'without':>8} {'with':>8}  result")
        results = []
        for name in options.programs:
            result, without, with_it, text = harness.compare(name)
            results.append(result)
            print(f"{name:12} {told(without):>8} {told(with_it):>8}  {result}"
                  f"{': ' if text else ''}{text}", flush=True)
            if options.keep and result not in (SAME, SKIPPED):
                shutil.copytree(scratch / "work", scratch / name, symlinks=True,
                                ignore_dangling_symlinks=True)
        return results
    finally:
        if options.keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def status_of(results):
    if DIFFERS in results or FAILED in results:
        return 1
    if UNFIT in results:
        return 4
    return 0 if SAME in results else 77


def leave(number, _):
    raise SystemExit(128 + number)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    os.umask(0o022)
    sys.path.insert(0, str(HERE))
    options, parser = parse(sys.argv[1:])
    if options.list:
        print("\n".join(case_names()))
        return 0
    witness = options.build / "lib" / "libebbwitness.so"
    if not witness.is_file():
        parser.error(f"no library {witness}: build the target ebb_witness")
    return status_of(compare_all(options, library_of(options, parser), witness.resolve()))


if __name__ == "__main__":
    sys.exit(main())
