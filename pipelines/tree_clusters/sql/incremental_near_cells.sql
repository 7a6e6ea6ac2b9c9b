-- The cells up to two away from those that were counted again: all that can be linked with them.
-- Reads: recounted, tree_clusters_cell. Writes: nothing.
SELECT cell.x, cell.y, cell.trees, cell.sum_lon, cell.sum_lat, cell.west, cell.south, cell.east, cell.north,
    cell.cluster_id
FROM (
    SELECT DISTINCT recounted.x + step_x AS x, recounted.y + step_y AS y
    FROM recounted
    CROSS JOIN generate_series(-2, 2) AS step_x
    CROSS JOIN generate_series(-2, 2) AS step_y
) AS place
JOIN tree_clusters_cell AS cell ON cell.x = place.x AND cell.y = place.y
