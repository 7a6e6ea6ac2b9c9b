-- For each new tree and zoom level, the region of the highest priority that contains the tree. As the original
-- has it: equal priorities are decided by the order of the rows, and NULL comes before every number.
-- Reads: trees, region, region_zoom. Writes: nothing.
SELECT DISTINCT ON (new_trees.id, region_zoom.zoom_level)
    new_trees.id AS tree_id, region_zoom.zoom_level, region.id AS region_id
FROM (
    SELECT id, estimated_geometric_location
    FROM trees
    WHERE active AND NOT cluster_regions_assigned
) AS new_trees
JOIN region ON ST_Contains(region.geom, new_trees.estimated_geometric_location)
JOIN region_zoom ON region_zoom.region_id = region.id
ORDER BY new_trees.id, region_zoom.zoom_level, region_zoom.priority DESC
