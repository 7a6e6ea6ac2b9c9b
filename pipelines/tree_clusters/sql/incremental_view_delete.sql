-- Removes rows that are gone from tree_region, or whose tree is not active.
-- Reads: due, shown. Writes: active_tree_region.
DELETE FROM active_tree_region
USING (
    SELECT tree_region_id AS id FROM due WHERE tree_region_id IS NOT NULL
    UNION
    SELECT id FROM shown WHERE NOT active AND NOT fresh
) AS gone
WHERE active_tree_region.id = gone.id
