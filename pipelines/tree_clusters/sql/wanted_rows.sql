-- The rows that trees of this run should have: of those that may have rows already, or of those that have none.
-- A region that holds a tree comes before one on whose border the tree lies; then the higher priority, one
-- without priority last; then the lower region id. In the order of the trees, which is that of the index.
-- Reads: work, tile, cover, tested, hit_zoom, tile_region. A part of other statements. Takes: known.
(
    WITH mixed AS MATERIALIZED (
        SELECT DISTINCT tile_id FROM cover WHERE NOT whole
    ), located AS MATERIALIZED (
        SELECT work.tree_id, tile.tile_id, mixed.tile_id IS NOT NULL AS mixed
        FROM work
        JOIN tile ON tile.tile_x = work.tile_x AND tile.tile_y = work.tile_y
        LEFT JOIN mixed ON mixed.tile_id = tile.tile_id
        WHERE work.kept AND work.problem IS NULL AND work.known = %(known)s
        ORDER BY work.tree_id
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
            SELECT located.tree_id, hit_zoom.zoom_level, hit_zoom.region_id, tested.inside, hit_zoom.priority
            FROM located
            JOIN tested ON tested.tree_id = located.tree_id
            JOIN hit_zoom ON hit_zoom.region_id = tested.region_id
        ) AS possible
        ORDER BY tree_id, zoom_level, inside DESC, priority DESC NULLS LAST, region_id
    ) AS best
)
