-- Active trees whose location can be used.
-- Reads: trees. A part of other statements.
(
    SELECT id, ST_X(estimated_geometric_location) AS lon, ST_Y(estimated_geometric_location) AS lat,
        estimated_geometric_location AS point
    FROM trees
    WHERE active
        AND CASE WHEN GeometryType(estimated_geometric_location) = 'POINT'
                AND ST_SRID(estimated_geometric_location) = 4326
            -- False for NaN, unknown for an empty point.
            THEN ST_X(estimated_geometric_location) BETWEEN -180 AND 180
                AND ST_Y(estimated_geometric_location) BETWEEN -90 AND 90
            ELSE false END
)
