-- What the run tells: trees looked at, trees settled, rows to insert, change and delete.
-- Reads: work, wanted, differing, surplus. Writes: nothing.
SELECT
    (SELECT count(*) FROM work),
    (SELECT count(*) FROM work WHERE active AND NOT flagged),
    (SELECT count(*) FROM wanted JOIN work USING (tree_id) WHERE NOT known)
        + (SELECT count(*) FROM differing WHERE id IS NULL),
    (SELECT count(*) FROM differing WHERE id IS NOT NULL),
    (SELECT count(*) FROM surplus)
