-- The best region of each tile and zoom level among those that hold all of it.
-- Order: the higher priority, one without priority last, then the lower region id.
-- Reads: cover, hit_zoom. Writes: tile_region (temporary).
CREATE TEMPORARY TABLE tile_region ON COMMIT DROP AS
SELECT DISTINCT ON (cover.tile_id, hit_zoom.zoom_level)
    cover.tile_id, hit_zoom.zoom_level, hit_zoom.region_id, hit_zoom.priority
FROM cover
JOIN hit_zoom ON hit_zoom.region_id = cover.region_id
WHERE cover.whole
ORDER BY cover.tile_id, hit_zoom.zoom_level, hit_zoom.priority DESC NULLS LAST, hit_zoom.region_id
