"""MariaDB, a thread per client: several clients at once, then known content and joins."""
import os

from place import listens

SERVER = "/usr/sbin/mariadbd"
COMMANDS = [SERVER, "mariadb", "mariadb-install-db"]
EXECUTABLES = ["mariadbd", "mariadb"]
LONG_ONLY = True

QUERIES = """
CREATE DATABASE known; USE known;
CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40), body TEXT, KEY (name)) ENGINE=InnoDB;
INSERT INTO item SELECT seq, md5(seq), repeat(md5(seq), seq % 20) FROM seq_1_to_100000;
DELETE FROM item WHERE id % 3 = 0;
UPDATE item SET body = concat(body, name) WHERE id % 5 = 0;
ALTER TABLE item ADD FULLTEXT (body);
SELECT count(*), sum(length(body)), min(name), max(name) FROM item;
SELECT left(a.name, 1) AS k, count(*), max(length(b.body)) FROM item a JOIN item b ON b.id = a.id + 1
  GROUP BY k ORDER BY k;
SET SESSION group_concat_max_len = 10000000;
SELECT md5(group_concat(name ORDER BY body, id)) FROM item;
CHECK TABLE item EXTENDED;
"""

# Eight clients, each with a table of its own.
CLIENTS = """
for n in 1 2 3 4 5 6 7 8; do
  {
    echo "CREATE TABLE test.t$n (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(300)) ENGINE=InnoDB;"
    for i in {1..2000}; do
      echo "INSERT INTO test.t$n (v) VALUES (repeat('x$n', $((i * 37 % 140))));"
      ((i % 7)) || echo "UPDATE test.t$n SET v = reverse(v) WHERE id % 5 = $((i % 5));"
      ((i % 50)) || echo "DELETE FROM test.t$n WHERE id % 11 = $((i % 11));"
    done
    echo "SELECT 't$n', count(*), sum(length(v)), md5(group_concat(id)) FROM test.t$n;"
  } | mariadb "$@" --batch --skip-column-names > "answer$n" &
done
wait
cat answer?
"""


def run(place):
    user = "nobody" if os.geteuid() == 0 else None
    data, socket = place.folder / "data", place.folder / "mariadb.sock"
    place.run("mariadb-install-db", "--no-defaults", f"--datadir={data}",
              "--auth-root-authentication-method=normal", user=user)
    here = ["--no-defaults", f"--socket={socket}", "--user=root"]
    with place.server(SERVER, "--no-defaults", f"--datadir={data}", f"--socket={socket}",
                      "--skip-networking", f"--pid-file={place.folder}/pid", user=user,
                      ready=lambda: listens(socket)):
        place.write("client.sh", CLIENTS)
        busy = place.run("bash", "client.sh", *here)
        said = place.run("mariadb", *here, "--batch", stdin=QUERIES)
    return busy + said
