-- Trees near each other share their search for regions: tiles of 0.01 degree, each with the box of its trees.
-- Reads: work. Writes: tile (temporary).
CREATE TEMPORARY TABLE tile ON COMMIT DROP AS
SELECT row_number() OVER ()::integer AS tile_id, tile_x, tile_y,
    ST_SetSRID(ST_Extent(point)::geometry, 4326) AS box
FROM work
WHERE kept AND problem IS NULL AND NOT switched
GROUP BY tile_x, tile_y
