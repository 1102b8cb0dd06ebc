"""g++: object files byte for byte (optimised, with debug information, at link time), diagnostics,
and the compiled program, which runs under the malloc as well."""
from compiler import compile_and_run

COMMANDS = ["g++"]
EXECUTABLES = ["x86_64-linux-gnu-g++", "cc1plus", "program"]


def run(place):
    ways = [["-O2", "-g"]]
    if place.long:
        ways += [["-O3", "-flto"], ["-O0", "-fsanitize=undefined"], ["-O2", "-fprofile-generate"]]
        ways += [["-O2", "-g"]]
    # Names that it would otherwise make up at random.
    return compile_and_run(place, "g++", [["-frandom-seed=7", *way] for way in ways])
