-- How many changes of trees and regions wait for a run; and how many trees there are, if all must be looked at.
-- Reads: tree_clusters_changed_tree, tree_clusters_changed_region, tree_clusters_look_again,
-- trees. Writes: nothing.
SELECT (SELECT count(*) FROM tree_clusters_changed_tree), (SELECT count(*) FROM tree_clusters_changed_region),
    CASE WHEN EXISTS (SELECT FROM tree_clusters_changed_region WHERE region_id IS NULL AND area IS NULL)
            OR EXISTS (SELECT FROM tree_clusters_look_again)
        THEN (SELECT count(*) FROM trees)
    END
