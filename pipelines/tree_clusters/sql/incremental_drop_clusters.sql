-- Deletes those of some clusters that no cell belongs to any more.
-- Reads: tree_clusters_cell. Writes: clusters. Takes: ids of clusters.
DELETE FROM clusters
WHERE id = ANY(%s::integer[]) AND NOT EXISTS (SELECT FROM tree_clusters_cell WHERE cluster_id = clusters.id)
