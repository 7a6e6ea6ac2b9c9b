-- Computes the view again without locking out its readers.
-- Reads: tree_region, trees, region. Writes: active_tree_region.
-- Assumes: the view has been filled once and has a unique index.
REFRESH MATERIALIZED VIEW CONCURRENTLY active_tree_region
