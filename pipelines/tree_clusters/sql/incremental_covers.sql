-- Which regions meet a tile, and which of them hold all of it: those need no test per tree.
-- Reads: candidate, tile, hit_region. Writes: cover (temporary).
CREATE TEMPORARY TABLE cover ON COMMIT DROP AS
SELECT candidate.tile_id, candidate.region_id, ST_ContainsProperly(hit_region.geom, tile.box) AS whole
FROM candidate
JOIN tile ON tile.tile_id = candidate.tile_id
JOIN hit_region ON hit_region.region_id = candidate.region_id AND hit_region.valid
WHERE ST_Intersects(hit_region.geom, tile.box)
