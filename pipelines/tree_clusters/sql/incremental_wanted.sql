-- The rows that those trees should have that may have rows already.
-- Reads: what wanted_rows does. Writes: wanted (temporary). Takes: known.
CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
SELECT tree_id, zoom_level, region_id FROM {wanted_rows} AS row_of_tree
