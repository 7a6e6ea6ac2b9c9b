-- Turns the order of priorities round on the lowest zoom level that has several.
-- Reads and writes region_zoom.
UPDATE region_zoom
SET priority = -priority
WHERE zoom_level = (
    SELECT zoom_level FROM region_zoom
    GROUP BY zoom_level HAVING count(DISTINCT priority) > 1
    ORDER BY zoom_level LIMIT 1
);
