-- The rows that the trees of this run should have. A region that holds a tree comes before one on whose border
-- the tree lies; then the higher priority, one without priority last; then the lower region id.
-- Reads: work, tile, cover, hit_region, hit_zoom, tile_region. Writes: wanted (temporary).
CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
WITH mixed AS MATERIALIZED (
    SELECT DISTINCT tile_id FROM cover WHERE NOT whole
), located AS MATERIALIZED (
    SELECT work.tree_id, work.point, tile.tile_id, mixed.tile_id IS NOT NULL AS mixed
    FROM work
    JOIN tile ON tile.tile_x = work.tile_x AND tile.tile_y = work.tile_y
    LEFT JOIN mixed ON mixed.tile_id = tile.tile_id
    WHERE work.kept AND work.problem IS NULL
), tested AS MATERIALIZED (
    SELECT located.tree_id, cover.region_id, ST_Contains(hit_region.geom, located.point) AS inside
    FROM located
    JOIN cover ON cover.tile_id = located.tile_id AND NOT cover.whole
    JOIN hit_region ON hit_region.region_id = cover.region_id
    WHERE located.mixed AND ST_Intersects(hit_region.geom, located.point)
)
SELECT located.tree_id, tile_region.zoom_level, tile_region.region_id
FROM located
JOIN tile_region ON tile_region.tile_id = located.tile_id
WHERE NOT located.mixed
UNION ALL
SELECT tree_id, zoom_level, region_id
FROM (
    SELECT DISTINCT ON (tree_id, zoom_level) tree_id, zoom_level, region_id
    FROM (
        SELECT located.tree_id, zoom_level, region_id, true AS inside, priority
        FROM located
        JOIN tile_region ON tile_region.tile_id = located.tile_id
        WHERE located.mixed
        UNION ALL
        SELECT tested.tree_id, hit_zoom.zoom_level, hit_zoom.region_id, tested.inside, hit_zoom.priority
        FROM tested
        JOIN hit_zoom ON hit_zoom.region_id = tested.region_id
    ) AS possible
    ORDER BY tree_id, zoom_level, inside DESC, priority DESC NULLS LAST, region_id
) AS best
