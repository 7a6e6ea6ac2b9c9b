-- Gives all cells of some clusters to other clusters.
-- Writes: tree_clusters_cell. Takes: ids of clusters, old and new.
UPDATE tree_clusters_cell AS cell SET cluster_id = merged.new
FROM unnest(%s::integer[], %s::integer[]) AS merged (old, new)
WHERE cell.cluster_id = merged.old
