"""memcached with four threads: values of many sizes stored, changed, evicted and read back by
several clients at once."""
import concurrent.futures
import socket

from place import GUARD_SECONDS, digest, listens

COMMANDS = ["memcached"]
EXECUTABLES = ["memcached"]


def client(path, number, rounds):
    """What one client, with keys of its own, got back."""
    state = number + 1
    kept, heard = {}, []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(GUARD_SECONDS)
        connection.connect(str(path))
        stream = connection.makefile("rwb")

        def ask(data, last):
            stream.write(data)
            stream.flush()
            lines = []
            while True:
                lines.append(stream.readline())
                if not lines[-1] or lines[-1].startswith(last):
                    return b"".join(lines)

        for step in range(rounds):
            state = (state * 1103515245 + 12345) % 2**31
            key = b"%d:%d" % (number, state % 200)
            value = b"%d " % step * (state >> 8 & (4095 if step % 20 == 0 else 255))
            if step % 3 == 0 and key in kept:
                heard.append(ask(b"get %s\r\n" % key, b"END"))
            elif step % 7 == 0:
                heard.append(ask(b"delete %s\r\n" % key, (b"DELETED", b"NOT_FOUND")))
                kept.pop(key, None)
            else:
                heard.append(ask(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value), b"STORED"))
                kept[key] = value
        keys = b" ".join(sorted(kept))
        heard.append(ask(b"get %s\r\n" % keys, b"END"))
    return digest(b"".join(heard))


def run(place):
    path = place.folder / "memcached.sock"
    with place.server("memcached", "-u", "root", "-s", path, "-m", 64, "-t", 4, "-c", 64,
                      ready=lambda: listens(path)):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            rounds = place.scale(3_000, 100_000)
            return "\n".join(pool.map(lambda n: client(path, n, rounds), range(6)))
