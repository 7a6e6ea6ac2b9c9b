-- Follows regions whose centroid or type has changed.
-- Reads: due, region. Writes: active_tree_region.
UPDATE active_tree_region
SET centroid = region.centroid, type_id = region.type_id
FROM (SELECT DISTINCT region_id FROM due WHERE region_id IS NOT NULL) AS chosen
JOIN region ON region.id = chosen.region_id
WHERE active_tree_region.region_id = chosen.region_id
    AND (active_tree_region.type_id IS DISTINCT FROM region.type_id
        OR active_tree_region.centroid IS DISTINCT FROM region.centroid)
