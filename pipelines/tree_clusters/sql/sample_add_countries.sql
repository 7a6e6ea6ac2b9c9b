-- Adds countries (zoom levels 1-5, priority 2) and the continents that they make up (2-3, priority 3).
-- Reads: new_countries (ordinal, name, continent, geom: a temporary table), region_type.
-- Writes: region, region_zoom. Assumes: countries do not overlap, so that no two of them tie.
WITH outlines AS (
    SELECT 'country' AS type, ordinal, name, ST_Multi(geom) AS geom
    FROM new_countries
    UNION ALL
    SELECT 'continent', min(ordinal), continent, ST_Multi(ST_Union(geom))
    FROM new_countries
    GROUP BY continent
), added AS (
    INSERT INTO region (type_id, name, geom, centroid)
    SELECT region_type.id, outlines.name, outlines.geom, ST_Centroid(outlines.geom)
    FROM outlines
    JOIN region_type USING (type)
    ORDER BY outlines.type, outlines.ordinal
    RETURNING id, type_id
)
INSERT INTO region_zoom (region_id, zoom_level, priority)
SELECT added.id, shown.zoom_level, shown.priority
FROM added
JOIN region_type ON region_type.id = added.type_id
JOIN (VALUES ('country', 1, 2), ('country', 2, 2), ('country', 3, 2), ('country', 4, 2), ('country', 5, 2),
    ('continent', 2, 3), ('continent', 3, 3)) AS shown (type, zoom_level, priority) USING (type)
ORDER BY added.id, shown.zoom_level
