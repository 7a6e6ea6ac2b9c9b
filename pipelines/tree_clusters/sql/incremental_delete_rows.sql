-- Removes the rows that trees of this run should not have.
-- Reads: surplus. Writes: tree_region.
DELETE FROM tree_region USING surplus WHERE tree_region.id = surplus.id
