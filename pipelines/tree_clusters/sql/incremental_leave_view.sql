-- Leaves to the step refresh_view what this run has changed.
-- Reads: work, surplus, taken_region. Writes: tree_clusters_view_due.
INSERT INTO tree_clusters_view_due (tree_id, fresh)
SELECT tree_id, NOT known FROM work WHERE problem IS NULL OR known;
INSERT INTO tree_clusters_view_due (tree_region_id) SELECT id FROM surplus;
INSERT INTO tree_clusters_view_due (region_id) SELECT DISTINCT region_id FROM taken_region
