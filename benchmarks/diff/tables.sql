-- The tables of the benchmark, in each of the two databases.
-- Writes: left_rows, equal_rows, different_rows, shuffled_rows, none_left, none_right. Assumes an empty
-- database; :rows is put in by the script, a whole number.
CREATE TABLE left_rows (
    id int PRIMARY KEY, name text, amount float8, planted timestamptz, doc jsonb, raw bytea
);
INSERT INTO left_rows
SELECT i, 'name of row ' || i, sin(i) * 1000, timestamptz '2020-01-01 00:00Z' + i * interval '1 min',
       jsonb_build_object('a', i, 'b', 'text ' || i, 'c', jsonb_build_array(1, 2, i)),
       decode(md5(i::text) || md5((i + 1)::text), 'hex')
  FROM generate_series(1, :rows) i;
CREATE TABLE equal_rows (LIKE left_rows INCLUDING ALL);
INSERT INTO equal_rows SELECT * FROM left_rows;
-- 0.1 % differ: of each 5,000 rows three are changed, one is missing, one is new.
CREATE TABLE different_rows (LIKE left_rows INCLUDING ALL);
INSERT INTO different_rows
SELECT CASE WHEN id % 5000 = 1501 THEN id + 100000000 ELSE id END,
       CASE WHEN id % 5000 = 2502 THEN name || 'x' ELSE name END,
       CASE WHEN id % 5000 = 3503 THEN amount + 1 ELSE amount END,
       planted,
       CASE WHEN id % 5000 = 4504 THEN '{}' ELSE doc END,
       raw
  FROM left_rows;
CREATE TABLE shuffled_rows (LIKE left_rows INCLUDING ALL);
INSERT INTO shuffled_rows SELECT * FROM left_rows ORDER BY hashint4extended(id, 5);
CREATE TABLE none_left (LIKE left_rows INCLUDING ALL);
CREATE TABLE none_right (LIKE left_rows INCLUDING ALL);
