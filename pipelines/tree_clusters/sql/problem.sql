-- Why a location cannot be used; NULL if it can.
-- Reads: a row of trees. A part of other statements.
CASE
    WHEN estimated_geometric_location IS NULL THEN 'no location'
    WHEN GeometryType(estimated_geometric_location) <> 'POINT' THEN 'not a point'
    WHEN ST_SRID(estimated_geometric_location) <> 4326 THEN 'wrong SRID'
    WHEN ST_IsEmpty(estimated_geometric_location) THEN 'empty location'
    WHEN ST_X(estimated_geometric_location) = 'NaN' OR ST_Y(estimated_geometric_location) = 'NaN'
        THEN 'not a number'
    WHEN abs(ST_X(estimated_geometric_location)) > 180 OR abs(ST_Y(estimated_geometric_location)) > 90
        THEN 'out of range'
END
