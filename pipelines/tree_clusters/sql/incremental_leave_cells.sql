-- Leaves to the step rebuild_clusters the cells that trees have come to or left.
-- Reads: work, taken_tree. Writes: tree_clusters_cell_due. Takes: the side of a cell in degrees.
INSERT INTO tree_clusters_cell_due (x, y, trees_left)
SELECT floor(ST_X(place) / %(side)s::float8)::integer, floor(ST_Y(place) / %(side)s::float8)::integer, bool_or(trees_left)
FROM (
    SELECT point AS place, NOT active AS trees_left FROM work WHERE problem IS NULL
    UNION ALL
    SELECT old_location, true FROM taken_tree WHERE GeometryType(old_location) = 'POINT'
) AS touched
WHERE ST_X(place) BETWEEN -180 AND 180 AND ST_Y(place) BETWEEN -90 AND 90
GROUP BY 1, 2
