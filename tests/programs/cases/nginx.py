"""nginx under wrk: files, gzip, ranges, a proxied and cached location, a reload in the midst."""
import http.client
import os
import re
import signal
import time

from place import Failed, GUARD_SECONDS, digest, free_port, listens

COMMANDS = ["nginx", "wrk"]
EXECUTABLES = ["nginx", "wrk"]

CONFIG = """
daemon off; master_process on; worker_processes 2; pid {folder}/pid; error_log stderr error; {user}
events {{ worker_connections 256; }}
http {{
  access_log {folder}/access.log; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ text/plain txt; }} gzip on; gzip_min_length 100; gzip_types text/plain; ssi on;
  proxy_cache_path {folder}/cache keys_zone=some:1m max_size=10m;
  server {{
    listen 127.0.0.1:{port}; root {folder}/www; sendfile off; output_buffers 2 8k;
    location /proxied/ {{ proxy_pass http://127.0.0.1:{port}/; proxy_cache some;
                          proxy_cache_valid 200 1s; proxy_buffers 8 4k; }}
    location ~ ^/(?<first>[a-z]+)-(?<second>[0-9]+)$ {{ return 200 "$second $first $request_uri"; }}
  }}
}}
"""

DONE = """
function done(summary)
  local e = summary.errors
  io.write(string.format("%d requests, errors %d %d %d %d %d\\n", summary.requests, e.connect, e.read,
                         e.write, e.status, e.timeout))
end
local n = 0
request = function()
  n = n + 1
  local paths = {"/0.txt", "/1.txt", "/proxied/2.txt", "/word-" .. n, "/3.txt"}
  wrk.headers["Accept-Encoding"] = n % 2 == 0 and "gzip" or nil
  return wrk.format("GET", paths[n % 5 + 1])
end
"""


def workers(master):
    with open(f"/proc/{master.pid}/task/{master.pid}/children") as file:
        return set(file.read().split())


def fetch(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GUARD_SECONDS)
    try:
        connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        body = response.read()
        return f"{path} {headers} {response.status} {len(body)} {digest(body)}"
    finally:
        connection.close()


def run(place):
    port = free_port()
    (place.folder / "www").mkdir()
    for number in range(12):
        text = "".join(f"{line * 7919 % 1000003}\n" for line in range(1, 10 ** (number % 5) + 1))
        place.write(f"www/{number}.txt", text)
    # As root, its workers would otherwise run as nobody, who can't write the caches.
    user = "user root;" if os.geteuid() == 0 else ""
    place.write("nginx.conf", CONFIG.format(folder=place.folder, port=port, user=user))
    place.write("done.lua", DONE)

    def wrk():
        # By the second, for it knows no number of requests: again until there were some.
        requests, answer = 0, set()
        while requests <= 100:
            said = place.run("wrk", "-t2", "-c16", f"-d{place.scale(1, 20)}s", "-s", "done.lua",
                             "--timeout", f"{GUARD_SECONDS}s", f"http://127.0.0.1:{port}")
            count, errors = re.search(r"(\d+) requests, (errors .*)", said).groups()
            requests += int(count)
            answer.add(errors)
        return sorted(answer)

    answer = []
    with place.server("nginx", "-p", place.folder, "-e", "stderr", "-c", "nginx.conf",
                      ready=lambda: listens(port), stop=signal.SIGQUIT) as master:
        answer += wrk()
        for number in range(12):
            for prefix in ("", "/proxied"):
                answer.append(fetch(port, f"{prefix}/{number}.txt"))
                answer.append(fetch(port, f"{prefix}/{number}.txt", Accept_Encoding="gzip"))
                answer.append(fetch(port, f"{prefix}/{number}.txt", Range="bytes=3-9000"))
        # New workers take over; what still sits on an old one's connection would be cut off.
        old = workers(master)
        master.send_signal(signal.SIGHUP)
        give_up = time.monotonic() + GUARD_SECONDS
        while not workers(master) or workers(master) & old:
            if time.monotonic() > give_up:
                raise Failed("nginx: its old workers don't end after a reload")
            time.sleep(0.02)
        answer += wrk()
        answer += [fetch(port, f"/some-{number}") for number in range(5)]
    return "\n".join(answer)
