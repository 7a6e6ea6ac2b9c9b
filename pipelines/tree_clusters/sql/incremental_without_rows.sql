-- Why trees that are settled now get no row.
-- Reads: work, tile, tile_region, tested, hit_zoom. Writes: nothing.
SELECT coalesce(work.problem, 'in no region') AS reason, count(*)
FROM work
LEFT JOIN tile ON tile.tile_x = work.tile_x AND tile.tile_y = work.tile_y
LEFT JOIN (SELECT DISTINCT tile_id FROM tile_region) AS whole ON whole.tile_id = tile.tile_id
LEFT JOIN (
    SELECT DISTINCT tested.tree_id
    FROM tested
    JOIN hit_zoom ON hit_zoom.region_id = tested.region_id
) AS placed ON placed.tree_id = work.tree_id
WHERE work.active AND NOT work.flagged
    AND (work.problem IS NOT NULL OR (whole.tile_id IS NULL AND placed.tree_id IS NULL))
GROUP BY 1
ORDER BY 1
