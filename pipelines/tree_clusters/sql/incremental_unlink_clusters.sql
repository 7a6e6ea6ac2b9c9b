-- Dissolves the clusters that were touched.
-- Reads: touched. Writes: clusters, tree_clusters_cell.
DELETE FROM clusters USING touched WHERE clusters.id = touched.cluster_id;
UPDATE tree_clusters_cell AS cell SET cluster_id = NULL
FROM touched
WHERE cell.cluster_id = touched.cluster_id
