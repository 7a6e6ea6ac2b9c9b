-- Writes what differs, and marks the trees as settled.
-- Reads: work, wanted, differing, surplus. Writes: tree_region, trees.
DELETE FROM tree_region USING surplus WHERE tree_region.id = surplus.id;
UPDATE tree_region SET region_id = differing.region_id
FROM differing
WHERE tree_region.id = differing.id;
INSERT INTO tree_region (tree_id, zoom_level, region_id)
SELECT tree_id, zoom_level, region_id FROM differing WHERE id IS NULL;
INSERT INTO tree_region (tree_id, zoom_level, region_id)
SELECT wanted.tree_id, wanted.zoom_level, wanted.region_id
FROM wanted JOIN work ON work.tree_id = wanted.tree_id
WHERE NOT work.known;
UPDATE trees SET cluster_regions_assigned = true
FROM work
WHERE trees.id = work.tree_id AND work.active AND NOT work.flagged
