"""redis-server under redis-benchmark, then known data, forks that save it, and a digest of it."""
import re

from place import digest, free_port, listens

COMMANDS = ["redis-server", "redis-cli", "redis-benchmark"]
# Debian's redis-server is a link to redis-check-rdb.
EXECUTABLES = ["redis-check-rdb", "redis-cli", "redis-benchmark"]


def commands(count):
    """Values of every kind, some of them deleted, grown and cut again."""
    for i in range(count):
        yield f"SET text:{i} {'v' * (i * 37 % 900)}{i}"
        yield f"HSET hash:{i % 500} field:{i} {i * 7919}"
        yield f"ZADD sorted:{i % 50} {i * 31 % 1009} member:{i}"
        yield f"RPUSH list:{i % 100} {'e' * (i % 120)}{i}"
        yield f"SADD set:{i % 200} {i} word:{i * 3}"
        if i % 5 == 0:
            yield f"APPEND text:{i // 2} {i}{'a' * (i % 3000)}"
            yield f"XADD stream:{i % 20} {i + 1}-1 key {i}"
        if i % 3 == 0:
            yield f"DEL text:{i // 3}"
            yield f"LPOP list:{i % 100}"
            yield f"ZREM sorted:{i % 50} member:{i // 2}"


TESTS = "ping,set,get,incr,lpush,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset"


def run(place):
    socket = place.folder / "redis.sock"
    port = free_port()
    server = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--unixsocket", socket,
              "--dir", place.folder, "--save", "", "--enable-debug-command", "yes"]

    def benchmark(requests, *way):
        # Random keys, and what it prints is times: only that it ends well counts.
        place.run("redis-benchmark", *way, "-q", "-n", requests, "-c", 20, "-P", 16, "-r", 10_000,
                  "-d", 100, "-t", TESTS)

    # Threads that read and write for the server: few requests, for they spin where a core lacks.
    with place.server(*server, "--io-threads", 2, "--io-threads-do-reads", "yes",
                      ready=lambda: listens(socket)):
        benchmark(place.scale(500, 5_000), "-p", port, "--threads", 2)
    with place.server(*server, ready=lambda: listens(socket)):
        benchmark(place.scale(10_000, 300_000), "-s", socket)
        answer = known_data(place, socket)
    check = place.run("redis-check-rdb", place.folder / "dump.rdb")
    answer += re.findall(r"\d+ keys read|RDB looks OK", check)
    return "\n".join(answer)


def known_data(place, socket):
    def cli(*words, stdin=""):
        return place.run("redis-cli", "-s", socket, *words, stdin=stdin)

    cli("FLUSHALL")
    load = "\n".join(commands(place.scale(8_000, 100_000)))
    piped = cli("--pipe", stdin=load + "\n")
    answer = [re.sub(r"(?m)^(All data|Last reply).*\n", "", piped)]
    cli("BGREWRITEAOF")
    answer += [cli("DEBUG", "DIGEST"), cli("DEBUG", "RELOAD"), cli("DEBUG", "DIGEST")]
    answer += [cli("DBSIZE"), digest(cli("--no-raw", "LRANGE", "list:7", "0", "-1"))]
    answer += [digest(cli("ZRANGE", "sorted:3", "0", "-1", "WITHSCORES"))]
    script = "local s = {} for i = 1, 20000 do s[i] = i .. ARGV[1] end return #table.concat(s)"
    return answer + [cli("EVAL", script, "0", "tail"), cli("SAVE")]
