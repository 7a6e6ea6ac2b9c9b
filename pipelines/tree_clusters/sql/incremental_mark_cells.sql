-- Marks cells with the cluster that they belong to now.
-- Writes: tree_clusters_cell. Takes: columns, rows and cluster ids, one each per cell.
UPDATE tree_clusters_cell AS cell SET cluster_id = linked.cluster_id
FROM unnest(%s::integer[], %s::integer[], %s::integer[]) AS linked (x, y, cluster_id)
WHERE cell.x = linked.x AND cell.y = linked.y
