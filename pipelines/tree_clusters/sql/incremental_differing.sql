-- Where trees that may have rows already have none, or another region, on a zoom level.
-- Reads: wanted, tree_region. Writes: differing (temporary).
CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
SELECT wanted.tree_id, wanted.zoom_level, wanted.region_id, tree_region.id
FROM wanted
LEFT JOIN tree_region ON tree_region.tree_id = wanted.tree_id AND tree_region.zoom_level = wanted.zoom_level
WHERE tree_region.region_id IS DISTINCT FROM wanted.region_id
