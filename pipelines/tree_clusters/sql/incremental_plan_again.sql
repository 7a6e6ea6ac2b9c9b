-- Splits looking at everything into ranges of ids with equal numbers of trees, which together hold every id.
-- Reads: trees. Writes: tree_clusters_changed_region, tree_clusters_look_again. Takes: trees per range.
DELETE FROM tree_clusters_changed_region WHERE region_id IS NULL AND area IS NULL;
DELETE FROM tree_clusters_look_again;
INSERT INTO tree_clusters_look_again (first_id, last_id)
SELECT CASE WHEN chunk = 0 THEN -2147483648 ELSE first_id END,
    coalesce(lead(first_id) OVER (ORDER BY chunk) - 1, 2147483647)
FROM (
    SELECT chunk, min(id) AS first_id
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS chunk FROM trees) AS numbered
    GROUP BY chunk
) AS ranges
