"""git on a generated history: import, clone, repack with threads, gc, log, diff, blame, merge,
rebase, fsck."""
from place import digest

COMMANDS = ["git"]
EXECUTABLES = ["git"]


def history(commits):
    """A fast-import stream: files that grow, change and go, on a line of this many commits."""
    files = {}
    for number in range(1, commits + 1):
        yield f"commit refs/heads/main\nmark :{number}\n"
        yield f"committer A U Thor <author@example.com> {1_600_000_000 + number * 60} +0000\n"
        message = f"change {number}\n\n" + f"because of {number * 7919 % 1009}\n" * (number % 5)
        yield f"data {len(message)}\n{message}"
        for step in range(6):
            path = f"folder{(number * 31 + step) % 17}/file{(number * 7 + step * 13) % 61}.txt"
            lines = files.setdefault(path, [])
            at = number * 37 % (len(lines) + 1)
            lines[at:at] = [f"{number} {step} {word * 7919 % 10007}" for word in range(number % 23)]
            if number % 19 == 0 and step == 3:
                yield f"D {path}\n"
                del files[path]
                continue
            text = "\n".join(lines) + "\n"
            yield f"M 100644 inline {path}\ndata {len(text)}\n{text}"


def run(place):
    def git(*words, stdin="", codes=(0,)):
        fixed = {"GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
                 "GIT_COMMITTER_NAME": "A U Thor", "GIT_COMMITTER_EMAIL": "author@example.com",
                 "GIT_AUTHOR_DATE": "2021-01-01T00:00:00Z", "GIT_PAGER": "cat",
                 "GIT_COMMITTER_DATE": "2021-01-01T00:00:00Z", "GIT_CONFIG_NOSYSTEM": "1"}
        return place.run("git", *words, stdin=stdin, codes=codes, environment=fixed)

    place.write(".gitconfig", "[gc]\n\tautoDetach = false\n[pack]\n\tthreads = 2\n"
                              "[advice]\n\tdetachedHead = false\n")
    git("init", "-q", "--bare", "-b", "main", "origin.git")
    git("-C", "origin.git", "fast-import", "--quiet",
        stdin="".join(history(place.scale(700, 4_000))))
    git("clone", "-q", "--no-local", "origin.git", "work")

    def here(*words, **more):
        return git("-C", "work", *words, **more)

    answer = [here("rev-parse", "HEAD"), here("fsck", "--full", "--strict")]
    here("repack", "-a", "-d", "-f", "-q", "--depth=50", "--window=30")
    answer += [digest(here("log", "-p", "--stat", "--find-renames")),
               digest(here("log", "--graph", "--oneline", "--all", "--name-status")),
               digest(here("diff", "HEAD~200", "--word-diff", "--patience")),
               digest(here("blame", "-M", "-C", "folder3/file5.txt", codes=(0, 128))),
               digest(here("grep", "-n", "-E", "9[0-9]+1$", codes=(0, 1))),
               digest(here("archive", "--format=tar", "HEAD"))]
    here("checkout", "-q", "-b", "side", "HEAD~30")
    place.write("work/new.txt", "new\n" * 1000)
    here("add", ".")
    here("commit", "-q", "-m", "side")
    here("merge", "-q", "--no-edit", "main")
    answer += [here("rev-parse", "HEAD^{tree}"), here("rev-parse", "HEAD")]
    here("rebase", "-q", "--force-rebase", "--onto", "main~10", "main~5", "side~0")
    answer += [here("rev-parse", "HEAD"), here("status", "--porcelain")]
    here("gc", "-q", "--aggressive", "--prune=now")
    answer += [here("fsck", "--full"), digest(here("rev-list", "--objects", "--all"))]
    return "\n".join(answer)
