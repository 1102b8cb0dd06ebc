"""A run that is ended while its server serves leaves neither a process nor a scratch folder.

    interrupted.py HARNESS_COMMAND...

Exit: 0 so it is, 1 something was left (it is named).
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time


GUARD_SECONDS = 600  # how long a wait may take before it counts as hung


def processes_in(folder):
    """Those whose working folder lies in this one, by id."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(folder)):
                found[int(entry.name)] = os.readlink(entry / "exe")
        except OSError:
            continue  # it ended, or isn't ours to look at
    return found


def stop_client(folder):
    """Whether its server has a client, which is stopped: the run can't end by itself now."""
    for process, executable in processes_in(folder).items():
        if "redis-benchmark" in executable:
            try:
                os.kill(process, signal.SIGSTOP)
                return True
            except ProcessLookupError:
                continue  # it ended meanwhile; there will be another
    return False


def main():
    with tempfile.TemporaryDirectory(prefix="ebb-interrupted.") as folder:
        folder = pathlib.Path(folder).resolve()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            harness = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL,
                                       env={**os.environ, "TMPDIR": str(folder)})
            give_up = time.monotonic() + GUARD_SECONDS
            while not stop_client(folder):
                if harness.poll() is not None or time.monotonic() > give_up:
                    harness.kill()
                    print("its server never had a client")
                    return 1
                time.sleep(0.02)
            harness.send_signal(number)
            status = harness.wait(GUARD_SECONDS)
            # Nobody can clean up after SIGKILL; but the kernel tells the server that it came.
            give_up = time.monotonic() + GUARD_SECONDS
            while processes_in(folder) and time.monotonic() < give_up:
                time.sleep(0.05)
            left = processes_in(folder)
            wanted = -number if number == signal.SIGKILL else 128 + number
            files = [] if number == signal.SIGKILL else list(folder.iterdir())
            print(f"{number.name}: exit {status}, processes left: {left}, files left: {files}")
            if left or files or status != wanted:
                for process in left:
                    os.kill(process, signal.SIGKILL)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
