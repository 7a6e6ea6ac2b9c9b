-- Gives one row of tree_region another region of the same zoom level.
-- Reads and writes tree_region. Assumes that some zoom level has more than one region in use.
UPDATE tree_region
SET region_id = (
    SELECT other.region_id FROM tree_region other
    WHERE other.zoom_level = tree_region.zoom_level AND other.region_id <> tree_region.region_id
    ORDER BY other.region_id LIMIT 1
)
WHERE id = (
    SELECT first.id FROM tree_region first
    WHERE EXISTS (
        SELECT FROM tree_region other
        WHERE other.zoom_level = first.zoom_level AND other.region_id <> first.region_id
    )
    ORDER BY first.tree_id, first.zoom_level LIMIT 1
);
