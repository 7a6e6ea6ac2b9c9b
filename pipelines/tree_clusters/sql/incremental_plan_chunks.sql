-- Ranges of ids that hold equal numbers of new trees.
-- Reads: trees. Writes: nothing. Takes: new trees per range.
SELECT min(id), max(id)
FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS chunk
    FROM trees
    WHERE active AND NOT cluster_regions_assigned
) AS numbered
GROUP BY chunk
ORDER BY 1
