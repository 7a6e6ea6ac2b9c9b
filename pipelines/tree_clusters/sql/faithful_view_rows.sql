-- How many rows active_tree_region would have if it were refreshed now.
-- Reads: tree_region, trees, region. Writes: nothing.
SELECT count(*)
FROM tree_region
JOIN trees ON trees.id = tree_region.tree_id
JOIN region ON region.id = tree_region.region_id
WHERE trees.active
