-- Adds clusters, and tells their ids.
-- Writes: clusters. Takes: the zoom level; counts, longitudes and latitudes, one each per cluster.
INSERT INTO clusters (zoom_level, count, location)
SELECT %s, trees, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
FROM unnest(%s::integer[], %s::float8[], %s::float8[]) WITH ORDINALITY AS made (trees, lon, lat, number)
ORDER BY number
RETURNING id
