-- The rows that all trees should have in active_tree_region.
-- Reads: trees, tree_region. Writes: shown (temporary), due (temporary: the rows that must go).
CREATE TEMPORARY TABLE shown ON COMMIT DROP AS
SELECT tree_region.id, tree_region.region_id, tree_region.zoom_level, trees.active, false AS fresh
FROM tree_region
JOIN trees ON trees.id = tree_region.tree_id;
INSERT INTO due (tree_region_id)
SELECT active_tree_region.id
FROM active_tree_region
LEFT JOIN shown ON shown.id = active_tree_region.id
WHERE shown.id IS NULL
