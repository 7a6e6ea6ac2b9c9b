-- Adds the rows of trees that have none. In the order of the trees, so that a tree's rows lie side by side: whoever
-- changes them later touches one page instead of a dozen.
-- Reads: what wanted_rows does. Writes: tree_region. Takes: known.
INSERT INTO tree_region (tree_id, zoom_level, region_id)
SELECT tree_id, zoom_level, region_id FROM {wanted_rows} AS row_of_tree ORDER BY tree_id
