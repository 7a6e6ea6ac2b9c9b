-- What active_tree_region shows of all regions that have trees.
-- Reads: tree_region, region. Writes: shown_region (temporary).
CREATE TEMPORARY TABLE shown_region ON COMMIT DROP AS
SELECT region.id, region.centroid, region.type_id
FROM (SELECT DISTINCT region_id FROM tree_region) AS chosen
JOIN region ON region.id = chosen.region_id
