-- Takes upgrade.sql back: psql URL -v ON_ERROR_STOP=1 -1 -f downgrade.sql
-- Reads: tree_clusters_kept. Writes: drops what upgrade.sql made; active_tree_region is again the materialized
-- view that it was, with its indexes and grants. No row of trees, regions, tree_region or clusters is lost.
-- Assumes: upgrade.sql has run. Trees in no region lose their flag: to the original job they are new for ever.

DROP TRIGGER tree_clusters_changed ON trees;
DROP TRIGGER tree_clusters_added ON trees;
DROP TRIGGER tree_clusters_deleted ON trees;
DROP TRIGGER tree_clusters_truncated ON trees;
DROP TRIGGER tree_clusters_changed ON region;
DROP TRIGGER tree_clusters_added ON region;
DROP TRIGGER tree_clusters_deleted ON region;
DROP TRIGGER tree_clusters_truncated ON region;
DROP TRIGGER tree_clusters_changed ON region_zoom;
DROP TRIGGER tree_clusters_added ON region_zoom;
DROP TRIGGER tree_clusters_deleted ON region_zoom;
DROP TRIGGER tree_clusters_truncated ON region_zoom;
DROP TRIGGER tree_clusters_only_ours ON tree_region;
DROP TRIGGER tree_clusters_truncated ON tree_region;
DROP TRIGGER tree_clusters_truncated ON clusters;
DROP TABLE active_tree_region;
DROP FUNCTION tree_clusters_tree_changed, tree_clusters_trees_added, tree_clusters_trees_deleted,
    tree_clusters_everything_changed, tree_clusters_regions_added, tree_clusters_regions_deleted,
    tree_clusters_regions_changed, tree_clusters_only_ours;

UPDATE trees SET cluster_regions_assigned = false
WHERE active AND cluster_regions_assigned AND NOT EXISTS (
    SELECT FROM tree_region WHERE tree_region.tree_id = trees.id
);

DO $$
DECLARE
    kept text;
BEGIN
    EXECUTE 'CREATE MATERIALIZED VIEW active_tree_region AS '
        || (SELECT value FROM tree_clusters_kept WHERE name = 'view');
    FOR kept IN SELECT value FROM tree_clusters_kept WHERE name LIKE 'index %' OR name LIKE 'grant %'
        ORDER BY name
    LOOP
        EXECUTE kept;
    END LOOP;
END
$$;

DROP INDEX tree_clusters_new_trees_idx;
DROP INDEX IF EXISTS tree_clusters_trees_location_idx, tree_clusters_region_zoom_idx;
DROP TABLE tree_clusters_changed_tree, tree_clusters_changed_region, tree_clusters_look_again,
    tree_clusters_view_due, tree_clusters_cell_due, tree_clusters_cell, tree_clusters_kept;
