-- Trees of tiles that a region meets without holding all of them, tested one by one.
-- Region by region, so that PostGIS prepares each shape once.
-- Reads: cover, tile, hit_region, work. Writes: tested (temporary).
CREATE TEMPORARY TABLE tested ON COMMIT DROP AS
SELECT tree_id, region_id, ST_Contains(geom, point) AS inside
FROM (
    SELECT work.tree_id, cover.region_id, hit_region.geom, work.point
    FROM cover
    JOIN tile ON tile.tile_id = cover.tile_id
    JOIN hit_region ON hit_region.region_id = cover.region_id
    JOIN work ON work.tile_x = tile.tile_x AND work.tile_y = tile.tile_y AND work.kept AND work.problem IS NULL
    WHERE NOT cover.whole
    ORDER BY cover.region_id
    OFFSET 0
) AS pair
WHERE ST_Intersects(geom, point)
