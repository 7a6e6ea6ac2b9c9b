-- Takes the list of changed regions for this run.
-- Reads and writes: tree_clusters_changed_region. Writes: taken_region (temporary).
WITH taken AS (
    DELETE FROM tree_clusters_changed_region RETURNING region_id, area
)
INSERT INTO taken_region SELECT region_id, area FROM taken
