-- Takes ranges of ids that are to be looked at again: those that lie within one range.
-- Reads and writes: tree_clusters_look_again. Writes: taken_range (temporary). Takes: first and last id.
WITH taken AS (
    DELETE FROM tree_clusters_look_again
    WHERE first_id >= %(first)s AND last_id <= %(last)s
    RETURNING first_id, last_id
)
INSERT INTO taken_range SELECT first_id, last_id FROM taken
