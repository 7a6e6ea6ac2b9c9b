-- Adds trees; the location is made from longitude and latitude.
-- Reads: new_trees (id, lon, lat, active, created: a temporary table). Writes: trees.
INSERT INTO trees (id, lat, lon, estimated_geometric_location, active, time_created)
SELECT id, lat, lon, ST_SetSRID(ST_MakePoint(lon, lat), 4326), active, created
FROM new_trees
ORDER BY id
