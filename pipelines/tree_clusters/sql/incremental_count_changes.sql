-- How many changes of trees and regions wait for a run.
-- Reads: tree_clusters_changed_tree, tree_clusters_changed_region. Writes: nothing.
SELECT (SELECT count(*) FROM tree_clusters_changed_tree), (SELECT count(*) FROM tree_clusters_changed_region)
