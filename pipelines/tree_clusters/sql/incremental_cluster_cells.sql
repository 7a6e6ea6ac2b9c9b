-- All cells of some clusters.
-- Reads: tree_clusters_cell. Writes: nothing. Takes: ids of clusters.
SELECT cell.x, cell.y, cell.trees, cell.sum_lon, cell.sum_lat, cell.west, cell.south, cell.east, cell.north,
    cell.cluster_id
FROM tree_clusters_cell AS cell
WHERE cell.cluster_id = ANY(%s::integer[])
