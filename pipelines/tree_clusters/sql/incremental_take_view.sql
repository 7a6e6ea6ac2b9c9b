-- Takes what refresh_view has to do.
-- Reads and writes: tree_clusters_view_due. Writes: due (temporary).
CREATE TEMPORARY TABLE due (tree_id integer, tree_region_id integer, region_id integer, fresh boolean) ON COMMIT DROP;
WITH taken AS (
    DELETE FROM tree_clusters_view_due RETURNING tree_id, tree_region_id, region_id, fresh
)
INSERT INTO due SELECT tree_id, tree_region_id, region_id, fresh FROM taken
