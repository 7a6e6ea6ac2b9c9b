-- Which regions meet a tile, and which of them hold all of it: those need no test per tree.
-- Region by region, so that PostGIS prepares each shape once.
-- Reads: candidate, tile, hit_region. Writes: cover (temporary).
CREATE TEMPORARY TABLE cover ON COMMIT DROP AS
SELECT tile_id, region_id, ST_ContainsProperly(geom, box) AS whole
FROM (
    SELECT candidate.tile_id, candidate.region_id, hit_region.geom, tile.box
    FROM candidate
    JOIN tile ON tile.tile_id = candidate.tile_id
    JOIN hit_region ON hit_region.region_id = candidate.region_id AND hit_region.valid
    ORDER BY candidate.region_id
    OFFSET 0
) AS pair
WHERE ST_Intersects(geom, box)
