-- Leaves to the step rebuild_clusters the cells that trees have come to or left.
-- Reads: work, taken_tree. Writes: tree_clusters_cell_due. Takes: the side of a cell in degrees.
INSERT INTO tree_clusters_cell_due (x, y)
SELECT DISTINCT floor(ST_X(place) / %(side)s::float8)::integer, floor(ST_Y(place) / %(side)s::float8)::integer
FROM (
    SELECT point AS place FROM work WHERE problem IS NULL
    UNION ALL
    SELECT old_location FROM taken_tree WHERE GeometryType(old_location) = 'POINT'
) AS touched
WHERE ST_X(place) BETWEEN -180 AND 180 AND ST_Y(place) BETWEEN -90 AND 90
