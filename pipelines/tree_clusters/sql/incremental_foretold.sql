-- What a run would do: rows to insert, change and delete, and trees to settle.
-- Reads: work, differing, surplus, and what wanted_rows does. Writes: nothing. Takes: known.
SELECT
    (SELECT count(*) FROM {wanted_rows} AS row_of_tree) + (SELECT count(*) FROM differing WHERE id IS NULL),
    (SELECT count(*) FROM differing WHERE id IS NOT NULL),
    (SELECT count(*) FROM surplus),
    (SELECT count(*) FROM work WHERE active AND NOT flagged)
