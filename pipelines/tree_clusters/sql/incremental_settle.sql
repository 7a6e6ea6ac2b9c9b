-- Marks new trees as settled.
-- Reads: work. Writes: trees.
UPDATE trees SET cluster_regions_assigned = true
FROM work
WHERE trees.id = work.tree_id AND work.active AND NOT work.flagged
