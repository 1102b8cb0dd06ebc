"""CPython's own tests of what allocates most, on its small-object allocator and on malloc alone."""
import re
import xml.etree.ElementTree

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
        record = place.folder / f"{way}.xml"
        # Hash seeds and addresses order sets: fixed as far as Python lets one.
        said = place.run("/usr/bin/python3", "-m", "test", "--junit-xml", record,
                         *(f"test_{name}" for name in names),
                         environment={"PYTHONMALLOC": way, "PYTHONHASHSEED": "0"}, both=True)
        # From the record, because the processes that the tests start write into the lines between.
        answer += [way, *sorted(f"{case.get('name')} {outcome(case)}" for case in
                                xml.etree.ElementTree.parse(record).iter("testcase"))]
        answer += re.findall(r"(?m)^(?:All \d+ tests OK|\d+ tests? (?:OK|failed|skipped)).*$", said)
    return "\n".join(answer)


def outcome(case):
    """What the record says of a test: ok, or what kept it from that (skipped, failure, error)."""
    return " ".join(sorted(part.tag for part in case)) or "ok"
