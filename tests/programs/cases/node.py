"""node: buffers, zlib, brotli, crypto and worker threads."""
COMMANDS = ["node"]
EXECUTABLES = ["node"]


def run(place):
    return place.run("node", place.inputs / "heap.js", place.scale(12_000, 200_000))
