-- Sums the due cells up again from their trees, found by the index on the location.
-- `trees_left`: trees may have left since the cell was last counted, as its mark says or its sums do.
-- Reads: due_cell, trees, tree_clusters_cell. Writes: recounted (temporary). Takes: the side of a cell in degrees.
CREATE TEMPORARY TABLE recounted ON COMMIT DROP AS
SELECT due_cell.x, due_cell.y, inside.*, before.cluster_id,
    due_cell.trees_left OR inside.trees < before.trees OR inside.west > before.west OR inside.south > before.south
        OR inside.east < before.east OR inside.north < before.north AS trees_left
FROM due_cell
LEFT JOIN tree_clusters_cell AS before ON before.x = due_cell.x AND before.y = due_cell.y
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS trees, sum(lon) AS sum_lon, sum(lat) AS sum_lat,
        min(lon) AS west, min(lat) AS south, max(lon) AS east, max(lat) AS north
    FROM {usable_trees} AS usable
    WHERE point && ST_MakeEnvelope((due_cell.x - 0.01) * %(side)s::float8, (due_cell.y - 0.01) * %(side)s::float8,
            (due_cell.x + 1.01) * %(side)s::float8, (due_cell.y + 1.01) * %(side)s::float8, 4326)
        AND floor(lon / %(side)s::float8)::integer = due_cell.x AND floor(lat / %(side)s::float8)::integer = due_cell.y
) AS inside
