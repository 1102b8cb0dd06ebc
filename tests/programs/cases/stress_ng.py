"""stress-ng's stressors of malloc and of structures built on it, verifying what they store."""
import re

COMMANDS = ["stress-ng"]
EXECUTABLES = ["stress-ng"]
LONG_ONLY = True

STRESSORS = {  # operations in the short form; the long one does ten times as many
    "malloc": (30_000, "--malloc-bytes", "256K", "--malloc-touch", "--malloc-pthreads", "2"),
    "tree": (3, "--tree-size", "5000"),
    "tsearch": (7, "--tsearch-size", "5000"),
    "hsearch": (7, "--hsearch-size", "5000"),
    "list": (7, "--list-size", "2000"),
    "skiplist": (7,),
    "judy": (2, "--judy-size", "20000"),
    "bigheap": (70, "--bigheap-growth", "64K"),
    "pthread": (170,),
}


def run(place):
    answer = []
    for name, (operations, *options) in STRESSORS.items():
        said = place.run("stress-ng", f"--{name}", 2, f"--{name}-ops",
                         operations * place.scale(1, 10), *options, "--verify", "--no-rand-seed",
                         "--temp-path", place.folder, both=True)
        ended = re.findall(r"(?:un)?successful run completed|signal.*|fail:.*|skipped:.*", said)
        answer.append(" ".join([name, *ended]))
    return "\n".join(answer)
