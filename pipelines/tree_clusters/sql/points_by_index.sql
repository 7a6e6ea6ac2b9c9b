-- The points of some cells, by the index on the trees' location.
-- Reads: trees. Writes: nothing. Takes: the side of a cell in degrees, columns and rows of the cells.
SELECT cell.x, cell.y, inside.lon, inside.lat
FROM unnest(%(xs)s::integer[], %(ys)s::integer[]) AS cell (x, y)
CROSS JOIN LATERAL (
    SELECT lon, lat
    FROM {usable_trees} AS usable
    WHERE point && ST_MakeEnvelope((cell.x - 0.01) * %(side)s::float8, (cell.y - 0.01) * %(side)s::float8,
            (cell.x + 1.01) * %(side)s::float8, (cell.y + 1.01) * %(side)s::float8, 4326)
        AND floor(lon / %(side)s::float8)::integer = cell.x AND floor(lat / %(side)s::float8)::integer = cell.y
    OFFSET 0
) AS inside
