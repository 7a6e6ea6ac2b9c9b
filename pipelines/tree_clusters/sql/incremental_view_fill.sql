-- Fills active_tree_region with all that it must hold.
-- Reads: tree_region, trees, shown_region. Writes: active_tree_region. Assumes: it is empty.
INSERT INTO active_tree_region (id, region_id, centroid, type_id, zoom_level)
SELECT tree_region.id, tree_region.region_id, shown_region.centroid, shown_region.type_id, tree_region.zoom_level
FROM tree_region
JOIN trees ON trees.id = tree_region.tree_id
JOIN shown_region ON shown_region.id = tree_region.region_id
WHERE trees.active
