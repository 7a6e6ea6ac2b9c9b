-- Adds the rows of trees that had none before: nothing of them can be there.
-- Reads: shown, shown_region. Writes: active_tree_region.
INSERT INTO active_tree_region (id, region_id, centroid, type_id, zoom_level)
SELECT shown.id, shown.region_id, shown_region.centroid, shown_region.type_id, shown.zoom_level
FROM shown
JOIN shown_region ON shown_region.id = shown.region_id
WHERE shown.active AND shown.fresh
