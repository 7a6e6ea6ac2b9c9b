-- Fills the cells from all active trees with a usable location.
-- Reads: trees. Writes: tree_clusters_cell. Takes: the side of a cell in degrees. Assumes: it is empty.
INSERT INTO tree_clusters_cell (x, y, trees, sum_lon, sum_lat, west, south, east, north)
SELECT floor(lon / %(side)s::float8)::integer, floor(lat / %(side)s::float8)::integer, count(*)::integer,
    sum(lon), sum(lat), min(lon), min(lat), max(lon), max(lat)
FROM {usable_trees} AS usable
GROUP BY 1, 2
