-- Takes the cells that are due.
-- Reads and writes: tree_clusters_cell_due. Writes: due_cell (temporary).
CREATE TEMPORARY TABLE due_cell (x integer, y integer) ON COMMIT DROP;
WITH taken AS (
    DELETE FROM tree_clusters_cell_due RETURNING x, y
)
INSERT INTO due_cell SELECT DISTINCT x, y FROM taken
