-- Takes the cells that are due.
-- Reads and writes: tree_clusters_cell_due. Writes: due_cell (temporary).
CREATE TEMPORARY TABLE due_cell (x integer, y integer, trees_left boolean) ON COMMIT DROP;
WITH taken AS (
    DELETE FROM tree_clusters_cell_due RETURNING x, y, trees_left
)
INSERT INTO due_cell SELECT x, y, bool_or(trees_left) FROM taken GROUP BY x, y
