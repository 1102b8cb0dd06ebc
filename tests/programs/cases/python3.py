"""CPython's own tests of what allocates most, on its small-object allocator and on malloc alone."""
import re

COMMANDS = ["/usr/bin/python3"]
EXECUTABLES = ["python3"]

# Those that pass, offline and as root, on Debian's own Python without anything preloaded.
SHORT = "dict list bytes memoryview json sort thread".split()
LARGE_BLOCKS = "bytes zlib".split()
LONG = SHORT + """deque array struct zlib heapq ordered_dict set re functools collections long pickle weakref gc itertools bz2 fork1 lzma ast tuple queue xml_etree_c
    threading_local unicode ctypes decimal fractions generators descr threading csv marshal
    multiprocessing_fork concurrent_futures tarfile hashlib""".split()


def run(place):
    answer = []
    for way, names in (("malloc", place.scale(SHORT, LONG)),
                       ("pymalloc", place.scale(LARGE_BLOCKS, LONG))):
        # Hash seeds and addresses order sets: fixed as far as Python lets one.
        said = place.run("/usr/bin/python3", "-m", "test", "-v", *(f"test_{name}" for name in names),
                         environment={"PYTHONMALLOC": way, "PYTHONHASHSEED": "0"}, both=True)
        # "test_copy (test.test_dict.DictTest.test_copy) ... ok"; the rest is times and names of files.
        results = re.findall(r"(?m)^(\w+ \(test\.[\w.]+\)).* \.\.\. (ok|skipped|expected failure)",
                             said)
        answer += [way, *sorted(" ".join(result) for result in results)]
        answer += re.findall(r"(?m)^(?:All \d+ tests OK|\d+ tests? (?:OK|failed|skipped)).*$", said)
    return "\n".join(answer)
