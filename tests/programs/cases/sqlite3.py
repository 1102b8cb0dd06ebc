"""SQLite's shell: tables, indexes, joins, full text, JSON, a dump and a restore."""
from place import digest

COMMANDS = ["sqlite3"]
EXECUTABLES = ["sqlite3"]

SCRIPT = """
PRAGMA cache_size = -4000;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size INT, body BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, printf('name-%08d', i * 7919 % {rows}), i * 31 % 997,
                        zeroblob(i * 13 % 300) FROM n;
CREATE INDEX item_name ON item(name);
CREATE INDEX item_size ON item(size, name);
DELETE FROM item WHERE id % 3 = 0;
UPDATE item SET body = zeroblob(length(body) * 3) WHERE size % 5 = 0;
SELECT size % 10, count(*), sum(length(body)), min(name), max(name) FROM item GROUP BY 1;
SELECT count(*) FROM item a JOIN item b ON a.size = b.size AND a.id < b.id AND b.size < 60;
SELECT name, rank() OVER (PARTITION BY size % 7 ORDER BY name DESC) FROM item ORDER BY 1 LIMIT 50;
CREATE VIRTUAL TABLE words USING fts5(text);
INSERT INTO words SELECT name || ' ' || replace(hex(name), '3', ' ') FROM item;
SELECT count(*) FROM words WHERE words MATCH 'name AND 6';
SELECT sum(json_array_length(value)), count(DISTINCT key) FROM
  (SELECT json_group_object(name, json_array(size, id)) AS o FROM item WHERE size < 200), json_each(o);
SELECT length(group_concat(name, ',')) FROM item;
VACUUM;
PRAGMA integrity_check;
.dump item
"""


def run(place):
    place.write("script.sql", SCRIPT.format(rows=place.scale(60_000, 1_000_000)))
    said = place.run("sqlite3", "-bail", "first.db", ".read script.sql")
    restored = place.run("sqlite3", "-bail", "second.db", stdin=said[said.index("PRAGMA foreign"):])
    again = place.run("sqlite3", "-bail", "second.db", "PRAGMA integrity_check", ".dump")
    head = said[:said.index("PRAGMA foreign")]
    return f"{head}dump {digest(said)}\n{restored}restored {digest(again)}\n"
