-- Clusters of active trees: count of trees and centroid.
-- Reads: trees. Writes: nothing. Takes: the distance in degrees.
SELECT ST_NumGeometries(members) AS count, ST_Centroid(members) AS location
FROM (
    SELECT unnest(ST_ClusterWithin(estimated_geometric_location, %s)) AS members
    FROM trees
    WHERE active
) AS clustered
