"""Where a program runs: a folder of its own, the preloaded libraries, its processes and their end.

A case (cases/NAME.py) gets one place without the malloc under test and one with it, and starts
everything through it. Both have the same path, so that no answer differs by it.
"""
import contextlib
import ctypes
import hashlib
import os
import pathlib
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import time


class Failed(Exception):
    """A program crashed, hung, returned an error, or ran on another malloc than it was to."""


# How long anything may take before it counts as hung: no measure of a program or a machine.
GUARD_SECONDS = 600

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def digest(data):
    """A short name of much data: what an answer holds instead of it."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:24]


def free_port():
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(address):
    """Whether somebody accepts connections there: a TCP port of this machine, or a socket's path."""
    family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
    with socket.socket(family) as probe:
        where = ("127.0.0.1", address) if isinstance(address, int) else str(address)
        return probe.connect_ex(where) == 0


class Place:
    """One run of one case."""

    def __init__(self, folder, preload, witness, inputs, long, limit_seconds):
        self.folder = pathlib.Path(folder)
        self.inputs = inputs
        self.long = long
        self.preload = preload  # the malloc under test, or None
        self._limit_seconds = limit_seconds
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.folder.chmod(0o777)  # a server may run as another user
        self._testimony = self.folder.parent / "witnessed"
        self._testimony.write_text("")
        self._testimony.chmod(0o666)
        # Nothing of the caller's locale, editor, Python or git settings reaches a program.
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "LD_PRELOAD": f"{witness} {preload or ''}".strip(),
            # bench/witness/line.h: no process is to end for running on another malloc.
            "EBB_WITNESS": f"0:-:{self._testimony}::{preload or ''}",
        }
        if "EBB_OPTIONS" in os.environ:
            self.environment["EBB_OPTIONS"] = os.environ["EBB_OPTIONS"]

    def scale(self, short, long):
        """`short`, or `long` in the long form."""
        return long if self.long else short

    def write(self, name, text):
        """A file of the folder with this text; its path."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def _start(self, command, user, environment, stop_signal, **streams):
        words = [str(word) for word in command]

        def die_with_the_harness():
            _libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))

        identity = {}
        if user and os.geteuid() == 0:
            group = pwd.getpwnam(user).pw_gid
            identity = {"user": user, "group": group, "extra_groups": []}
        return subprocess.Popen(
            words, cwd=self.folder, env={**self.environment, **(environment or {})},
            start_new_session=True, preexec_fn=die_with_the_harness, **identity, **streams)

    def run(self, *command, stdin="", user=None, environment=None, codes=(0,), both=False):
        """The stdout (`both`: and stderr) of a command that ends with one of `codes`."""
        stderr = subprocess.STDOUT if both else subprocess.PIPE
        process = self._start(command, user, environment, signal.SIGKILL, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=stderr)
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        try:
            out, err = process.communicate(data, timeout=self._limit_seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{_told(command)}: still running after {self._limit_seconds:.0f} s") \
                from None
        finally:
            _kill_group(process)
        if process.returncode not in codes:
            raise Failed(f"{_told(command)}: {_end(process.returncode)}{_tail(err or out)}")
        return out.decode(errors="backslashreplace")

    @contextlib.contextmanager
    def server(self, *command, ready, user=None, environment=None, stop=signal.SIGTERM):
        """A server that runs within the `with` block: from when `ready()` is true until it is
        stopped by its id, which it has to survive with exit status 0."""
        log_path = self.folder / f"{pathlib.Path(str(command[0])).name}.log"
        with open(log_path, "wb") as log:
            process = self._start(command, user, environment, stop, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log)

        def log_tail():
            return _tail(log_path.read_bytes())

        try:
            _wait_until(ready, process, self._limit_seconds,
                        lambda what: Failed(f"{_told(command)}: {what}{log_tail()}"))
            try:
                yield process
            except Failed as failure:
                code = process.poll()
                if code is None:
                    raise
                raise Failed(f"{_told(command)}: {_end(code)}{log_tail()}\nand then: {failure}") \
                    from None
            if process.poll() is not None:
                raise Failed(f"{_told(command)}: {_end(process.returncode)}{log_tail()}")
            process.send_signal(stop)
            try:
                process.wait(self._limit_seconds)
            except subprocess.TimeoutExpired:
                raise Failed(f"{_told(command)}: doesn't stop{log_tail()}") from None
            if process.returncode != 0:
                raise Failed(f"{_told(command)}: stopped, {_end(process.returncode)}{log_tail()}")
        finally:
            if process.poll() is None:
                process.send_signal(stop)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
            _kill_group(process)

    def check_witnesses(self, names):
        """Every process that started ran on the malloc under test, and each of `names` started."""
        seen = set()
        for line in self._testimony.read_text().splitlines():
            kind, _, _, executable, library, verdict, *_ = [*line.split("\t"), ""]
            if kind != "start":
                continue
            name = pathlib.Path(executable).name
            seen.add(name)
            if self.preload and (library != str(self.preload) or verdict):
                raise Failed(f"{name}: malloc comes from {library}, not from {self.preload}"
                             + (f": {verdict}" if verdict else ""))
        missed = [name for name in names if not any(s.startswith(name) for s in seen)]
        if missed:
            raise Failed(f"not seen to run with the libraries preloaded: {' '.join(missed)} "
                         f"(seen: {' '.join(sorted(seen)) or 'none'})")


def _told(command):
    text = shlex.join(str(word) for word in command)
    return text if len(text) < 200 else text[:200] + "…"


def _end(code):
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _tail(output):
    lines = (output or b"").decode(errors="backslashreplace").replace("\r", "\n").splitlines()
    if len(lines) > 20:  # what went wrong stands first or last
        lines = lines[:8] + ["…"] + lines[-12:]
    return "".join(f"\n    | {line[:300]}" for line in lines)


def _kill_group(process):
    """Whatever is left of the session that `process` leads; nothing where all of it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_until(ready, process, limit_seconds, failure):
    give_up = time.monotonic() + limit_seconds
    while not ready():
        if process.poll() is not None:
            raise failure(f"{_end(process.returncode)} before it was ready")
        if time.monotonic() > give_up:
            raise failure(f"not ready after {limit_seconds:.0f} s")
        time.sleep(0.02)
