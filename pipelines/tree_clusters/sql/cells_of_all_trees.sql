-- All active trees with a usable location, summed up by cell.
-- Reads: trees. Writes: nothing. Takes: the side of a cell in degrees.
SELECT floor(lon / %(side)s::float8)::integer AS x, floor(lat / %(side)s::float8)::integer AS y, count(*)::integer,
    sum(lon), sum(lat), min(lon), min(lat), max(lon), max(lat)
FROM {usable_trees} AS usable
GROUP BY 1, 2
