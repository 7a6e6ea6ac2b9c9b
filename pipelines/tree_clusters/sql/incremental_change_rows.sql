-- Gives rows another region.
-- Reads: differing. Writes: tree_region.
UPDATE tree_region SET region_id = differing.region_id
FROM differing
WHERE tree_region.id = differing.id
