-- Writes clusters anew from the sums of their cells.
-- Reads: tree_clusters_cell. Writes: clusters. Takes: ids of clusters.
UPDATE clusters SET count = summed.trees, location = ST_SetSRID(ST_MakePoint(summed.lon, summed.lat), 4326)
FROM (
    SELECT cluster_id, sum(trees)::integer AS trees, sum(sum_lon) / sum(trees) AS lon, sum(sum_lat) / sum(trees) AS lat
    FROM tree_clusters_cell
    WHERE cluster_id = ANY(%s::integer[])
    GROUP BY cluster_id
) AS summed
WHERE clusters.id = summed.cluster_id
