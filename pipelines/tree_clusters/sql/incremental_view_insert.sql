-- Adds rows that may be there, and changes those that differ.
-- Reads: shown, shown_region. Writes: active_tree_region. Assumes: its unique index on id.
INSERT INTO active_tree_region AS present (id, region_id, centroid, type_id, zoom_level)
SELECT shown.id, shown.region_id, shown_region.centroid, shown_region.type_id, shown.zoom_level
FROM shown
JOIN shown_region ON shown_region.id = shown.region_id
WHERE shown.active AND NOT shown.fresh
ON CONFLICT (id) DO UPDATE
SET region_id = excluded.region_id, centroid = excluded.centroid, type_id = excluded.type_id,
    zoom_level = excluded.zoom_level
WHERE (present.region_id, present.type_id, present.zoom_level)
        IS DISTINCT FROM (excluded.region_id, excluded.type_id, excluded.zoom_level)
    OR present.centroid IS DISTINCT FROM excluded.centroid
