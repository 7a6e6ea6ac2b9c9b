-- Writes the cells that were counted again; they stay with their clusters.
-- Reads: recounted. Writes: tree_clusters_cell.
DELETE FROM tree_clusters_cell AS cell
USING recounted
WHERE cell.x = recounted.x AND cell.y = recounted.y AND recounted.trees = 0;
INSERT INTO tree_clusters_cell (x, y, trees, sum_lon, sum_lat, west, south, east, north)
SELECT x, y, trees, sum_lon, sum_lat, west, south, east, north
FROM recounted
WHERE trees > 0
ON CONFLICT (x, y) DO UPDATE
SET trees = excluded.trees, sum_lon = excluded.sum_lon, sum_lat = excluded.sum_lat, west = excluded.west,
    south = excluded.south, east = excluded.east, north = excluded.north
