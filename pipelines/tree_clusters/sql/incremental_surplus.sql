-- The rows that trees of this run should not have.
-- Reads: work, wanted, tree_region. Writes: surplus (temporary).
CREATE TEMPORARY TABLE surplus ON COMMIT DROP AS
SELECT tree_region.id, tree_region.tree_id
FROM work
JOIN tree_region ON tree_region.tree_id = work.tree_id
LEFT JOIN wanted ON wanted.tree_id = tree_region.tree_id AND wanted.zoom_level = tree_region.zoom_level
WHERE work.known AND NOT work.switched AND wanted.tree_id IS NULL
