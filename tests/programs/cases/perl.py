"""perl: hashes, strings, sorts, regular expressions, deep copies, interpreter threads."""
COMMANDS = ["perl"]
EXECUTABLES = ["perl"]


def run(place):
    return place.run("perl", place.inputs / "heap.pl", place.scale(60_000, 300_000))
