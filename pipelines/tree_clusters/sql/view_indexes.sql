-- The indexes of a table that can be taken away and built again: nothing but speed hangs on them, and the
-- uniqueness that building them checks. None, where the table is not ours to change.
-- Reads: catalogs. Writes: nothing. Takes: the name of the table.
SELECT pg_index.indexrelid::regclass::text, pg_get_indexdef(pg_index.indexrelid)
FROM pg_index
JOIN pg_class AS made ON made.oid = pg_index.indexrelid
JOIN pg_class AS owned ON owned.oid = pg_index.indrelid
WHERE pg_index.indrelid = %s::regclass AND pg_has_role(owned.relowner, 'USAGE')
    AND made.reltablespace = 0 AND indisvalid AND NOT indisreplident AND NOT indisclustered
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_index.indexrelid)
ORDER BY pg_index.indexrelid
