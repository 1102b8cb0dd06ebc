"""RocksDB's tools: db_bench fills, overwrites, deletes, compacts and reads from several threads;
ldb and sst_dump read back what is in the files."""
import re

from place import digest

COMMANDS = ["db_bench", "ldb", "sst_dump"]
EXECUTABLES = ["db_bench", "ldb", "sst_dump"]
LONG_ONLY = True


def run(place):
    count = place.scale(60_000, 250_000)
    database = place.folder / "db"
    common = [f"--db={database}", f"--num={count}", "--seed=5", "--value_size=150",
              "--write_buffer_size=1000000", "--cache_size=1000000", "--bloom_bits=10"]

    def bench(benchmarks, *more):
        said = place.run("db_bench", f"--benchmarks={benchmarks}", *common, *more)
        return re.findall(r"\((\d+ of \d+ found)\)", said)

    # One writer with one seed leaves one content. Readers at once find what is there.
    answer = bench("fillrandom,overwrite,readrandom,deleterandom,compact,readrandom")
    answer += bench("readrandom,multireadrandom,seekrandom", "--use_existing_db", "--threads=3")
    answer.append(digest(place.run("ldb", f"--db={database}", "--hex", "scan")))
    # Two writers: the keys are the same, who wrote last is not.
    bench("fillrandom,mergerandom" if place.long else "fillrandom", "--threads=2",
          "--merge_operator=put")
    answer.append(place.run("ldb", f"--db={database}", "checkconsistency"))
    answer.append(digest(place.run("ldb", f"--db={database}", "--hex", "--no_value", "scan")))
    check = place.run("sst_dump", f"--file={database}", "--command=verify")
    answer.append(f"bad files: {check.count('is corrupt')}, some good: {'The file is ok' in check}")
    return "\n".join(answer)
