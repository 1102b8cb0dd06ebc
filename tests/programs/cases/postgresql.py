"""PostgreSQL: initdb, pgbench from several clients, queries that sort, hash and aggregate in
parallel, and a dump. It refuses to run as root: there it runs as the user postgres."""
import glob
import os
import re
import signal

from place import digest

BIN = (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or ["/nowhere"])[-1]
COMMANDS = [f"{BIN}/postgres", f"{BIN}/pgbench"]
EXECUTABLES = ["initdb", "postgres", "pgbench", "psql", "pg_dump"]
LONG_ONLY = True
USER = "postgres"

QUERIES = """
SET work_mem = '1MB'; SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT 'accounts', count(*), sum(abalance) FROM pgbench_accounts;
SELECT 'branches', sum(bbalance) FROM pgbench_branches;
SELECT 'tellers', sum(tbalance) FROM pgbench_tellers;
SELECT 'history', count(*), sum(delta) FROM pgbench_history;
SELECT 'digest', md5(string_agg(aid || ':' || abalance, ',' ORDER BY aid)) FROM pgbench_accounts;
CREATE TABLE doc AS SELECT i AS id, md5(i::text) AS name,
  jsonb_build_object('n', i, 'tags', to_jsonb(array[i % 7, i % 11]), 'text', repeat(md5(i::text), i % 9))
  AS body FROM generate_series(1, {rows}) i;
CREATE INDEX ON doc USING gin (body);
CREATE INDEX ON doc (name);
ANALYZE doc;
SELECT count(*) FROM doc WHERE body @> '{{"tags": [3]}}';
SELECT a.body->>'n', b.name FROM doc a JOIN doc b ON a.name < b.name AND b.id = a.id + 1
  ORDER BY b.name DESC LIMIT 20;
SELECT id % 10, count(DISTINCT name), max(length(body::text)), sum((body->>'n')::int)
  FROM doc GROUP BY 1 ORDER BY 1;
SELECT md5(string_agg(name, '' ORDER BY body->>'text', id)) FROM doc;
CREATE FUNCTION words(n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE s text := ''; BEGIN
  FOR i IN 1..n LOOP s := s || i; IF length(s) > 5000 THEN s := right(s, 10); END IF; END LOOP;
  RETURN length(s); END $$;
SELECT words(20000);
DELETE FROM doc WHERE id % 4 <> 0;
VACUUM FULL doc;
SELECT count(*), sum(length(body::text)) FROM doc;
"""


def run(place):
    data = place.folder / "data"
    here = ["-h", place.folder, "-U", USER]

    def tool(name, *words, stdin=""):
        return place.run(f"{BIN}/{name}", *words, stdin=stdin, user=USER)

    tool("initdb", "--no-sync", "--no-instructions", "-A", "trust", "-U", USER, "-D", data)

    def accepts():
        said = place.run(f"{BIN}/pg_isready", *here, codes=(0, 1, 2), user=USER)
        return said.endswith("accepting connections\n")

    # A socket in the scratch folder and no port at all; interrupted, it doesn't wait for clients.
    socket = place.folder / ".s.PGSQL.5432"
    settings = {"listen_addresses": "", "unix_socket_directories": place.folder, "fsync": "off",
                "max_connections": 20, "shared_buffers": "32MB", "autovacuum_naptime": "1s"}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with place.server(f"{BIN}/postgres", "-D", data, *words, user=USER, stop=signal.SIGINT,
                      ready=lambda: os.path.exists(socket) and accepts()):
        tool("pgbench", *here, "-i", "-q", "-s", place.scale(1, 10), "postgres")
        # The same seed gives each client the same transactions: sums and balances don't depend on
        # how they were interleaved.
        for protocol in ("simple", "prepared"):
            tool("pgbench", *here, "-n", "-c", 4, "-j", 2, "-t", place.scale(200, 20_000),
                 "--random-seed=17", "-M", protocol, "postgres")
        queries = QUERIES.format(rows=place.scale(20_000, 500_000))
        said = tool("psql", *here, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "postgres",
                    stdin=queries)
        dump = tool("pg_dump", *here, "-t", "doc", "postgres")
    # Newer ones guard a dump with a random word.
    dump = re.sub(r"(?m)^\\(un)?restrict .*\n", "", dump)
    return f"{said}dump {digest(dump)}\n"

