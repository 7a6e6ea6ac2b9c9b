-- Adds the cells of one grid as regions, with their zoom levels.
-- Reads: new_boxes (west, south, east, north: a temporary table), region_type.
-- Writes: region, region_zoom. Takes: name of the type, zoom levels, priority.
WITH added AS (
    INSERT INTO region (type_id, name, geom, centroid)
    SELECT region_type.id, box.name, ST_Multi(box.geom), ST_Centroid(box.geom)
    FROM region_type, (
        SELECT ordinal, name, ST_MakeEnvelope(west, south, east, north, 4326) AS geom
        FROM new_boxes
    ) AS box
    WHERE region_type.type = %(type)s
    ORDER BY box.ordinal
    RETURNING id
)
INSERT INTO region_zoom (region_id, zoom_level, priority)
SELECT added.id, zoom_level, %(priority)s
FROM added, unnest(%(zoom_levels)s) AS zoom_level
ORDER BY added.id, zoom_level
