-- The rows that the due trees should have in active_tree_region, in the order of the trees.
-- Reads: due, trees, tree_region. Writes: shown (temporary).
CREATE TEMPORARY TABLE shown ON COMMIT DROP AS
SELECT tree_region.id, tree_region.region_id, tree_region.zoom_level, coalesce(trees.active, false) AS active,
    chosen.fresh
FROM (
    SELECT tree_id, bool_and(fresh) AS fresh
    FROM due
    WHERE tree_id IS NOT NULL
    GROUP BY tree_id
    ORDER BY tree_id
) AS chosen
JOIN tree_region ON tree_region.tree_id = chosen.tree_id
LEFT JOIN trees ON trees.id = chosen.tree_id
