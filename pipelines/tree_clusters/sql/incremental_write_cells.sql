-- Writes the cells that were counted again. What clusters they belonged to is kept in `touched`.
-- Reads: recounted. Writes: tree_clusters_cell, touched (temporary).
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT DISTINCT cell.cluster_id
FROM recounted
CROSS JOIN generate_series(-2, 2) AS step
JOIN tree_clusters_cell AS cell ON cell.x = recounted.x + step AND cell.y BETWEEN recounted.y - 2 AND recounted.y + 2
WHERE cell.cluster_id IS NOT NULL;
DELETE FROM tree_clusters_cell AS cell
USING recounted
WHERE cell.x = recounted.x AND cell.y = recounted.y;
INSERT INTO tree_clusters_cell (x, y, trees, sum_lon, sum_lat, west, south, east, north)
SELECT x, y, trees, sum_lon, sum_lat, west, south, east, north
FROM recounted
WHERE trees > 0
