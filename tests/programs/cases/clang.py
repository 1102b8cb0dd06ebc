"""clang++: object files byte for byte, diagnostics, and the compiled program, which runs under the
malloc as well."""
from compiler import compile_and_run

COMMANDS = ["clang++"]
EXECUTABLES = ["clang", "program"]
LONG_ONLY = True


def run(place):
    ways = [["-O2", "-g"]]
    if place.long:
        ways += [["-O3", "-flto"], ["-O1", "-fsanitize=undefined"], ["-O2", "-g"]]
    return compile_and_run(place, "clang++", ways)
