-- Leaves everything to the steps refresh_view and rebuild_clusters.
-- Writes: tree_clusters_view_due, tree_clusters_cell_due.
INSERT INTO tree_clusters_view_due (tree_id, tree_region_id, region_id) VALUES (NULL, NULL, NULL);
INSERT INTO tree_clusters_cell_due (x, y) VALUES (NULL, NULL)
