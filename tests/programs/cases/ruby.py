"""ruby: its collector and compaction, threads, fibers, big numbers."""
COMMANDS = ["ruby"]
EXECUTABLES = ["ruby"]


def run(place):
    return place.run("ruby", place.inputs / "heap.rb", place.scale(100_000, 1_000_000))
