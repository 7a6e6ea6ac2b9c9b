-- The points of some cells, by reading all trees once.
-- Reads: trees. Writes: nothing. Takes: the side of a cell in degrees, columns and rows of the cells.
SELECT cell.x, cell.y, usable.lon, usable.lat
FROM {usable_trees} AS usable
JOIN unnest(%(xs)s::integer[], %(ys)s::integer[]) AS cell (x, y)
    ON floor(lon / %(side)s::float8)::integer = cell.x AND floor(lat / %(side)s::float8)::integer = cell.y
