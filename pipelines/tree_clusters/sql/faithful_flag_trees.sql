-- Marks the trees that have regions now.
-- Reads: tree_region. Writes: trees. Assumes: the new trees' rows are in tree_region.
UPDATE trees
SET cluster_regions_assigned = true
FROM tree_region
WHERE tree_region.tree_id = trees.id AND NOT trees.cluster_regions_assigned
