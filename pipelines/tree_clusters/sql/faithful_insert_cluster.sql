-- Writes one cluster.
-- Writes: clusters. Takes: count, zoom level, location.
INSERT INTO clusters (count, zoom_level, location) VALUES (%s, %s, %s)
