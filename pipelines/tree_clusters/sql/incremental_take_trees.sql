-- Takes the list of changed trees for this run; what changes from here on stays listed for the next.
-- Reads and writes: tree_clusters_changed_tree. Writes: taken_tree (temporary).
WITH taken AS (
    DELETE FROM tree_clusters_changed_tree RETURNING tree_id, old_location
)
INSERT INTO taken_tree SELECT tree_id, old_location FROM taken
