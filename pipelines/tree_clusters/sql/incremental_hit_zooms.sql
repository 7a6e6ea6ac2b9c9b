-- The zoom levels of those regions.
-- Reads: hit_region, region_zoom. Writes: hit_zoom (temporary).
CREATE TEMPORARY TABLE hit_zoom ON COMMIT DROP AS
SELECT hit_region.region_id, region_zoom.zoom_level, region_zoom.priority
FROM hit_region
JOIN region_zoom ON region_zoom.region_id = hit_region.region_id
WHERE hit_region.valid
