-- Those regions once each, with whether their shape can be used at all.
-- Reads: candidate, region. Writes: hit_region (temporary).
CREATE TEMPORARY TABLE hit_region ON COMMIT DROP AS
SELECT region.id AS region_id, region.geom, ST_IsValid(region.geom) AND ST_SRID(region.geom) = 4326 AS valid
FROM (SELECT DISTINCT region_id FROM candidate) AS hit
JOIN region ON region.id = hit.region_id
