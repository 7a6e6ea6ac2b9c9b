-- What active_tree_region shows of the regions in question.
-- Reads: shown, region. Writes: shown_region (temporary).
CREATE TEMPORARY TABLE shown_region ON COMMIT DROP AS
SELECT region.id, region.centroid, region.type_id
FROM (SELECT DISTINCT region_id FROM shown WHERE active) AS chosen
JOIN region ON region.id = chosen.region_id
