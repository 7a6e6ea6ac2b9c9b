-- Adds the rows that trees lack which may have had some.
-- Reads: differing. Writes: tree_region.
INSERT INTO tree_region (tree_id, zoom_level, region_id)
SELECT tree_id, zoom_level, region_id FROM differing WHERE id IS NULL
