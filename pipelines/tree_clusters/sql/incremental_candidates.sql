-- The regions whose bounds touch a tile: one search of the index per tile.
-- Reads: tile, region. Writes: candidate (temporary).
CREATE TEMPORARY TABLE candidate ON COMMIT DROP AS
SELECT tile.tile_id, region.id AS region_id
FROM tile
JOIN region ON region.geom && tile.box
