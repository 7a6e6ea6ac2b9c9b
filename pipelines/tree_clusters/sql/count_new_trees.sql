-- How many active trees have not been assigned to their regions.
-- Reads: trees. Writes: nothing.
SELECT count(id)
FROM trees
WHERE active AND NOT cluster_regions_assigned
