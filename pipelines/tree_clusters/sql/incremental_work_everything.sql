-- Every tree, and every tree that is gone but has rows.
-- Reads: trees, tree_region. Writes: work (temporary).
INSERT INTO work
SELECT due.tree_id, coalesce(active, false), coalesce(cluster_regions_assigned, false),
    coalesce(active OR cluster_regions_assigned, false), true, false, problem,
    location,
    CASE WHEN problem IS NULL THEN floor(ST_X(location) * 100)::integer END,
    CASE WHEN problem IS NULL THEN floor(ST_Y(location) * 100)::integer END
FROM (
    SELECT id AS tree_id FROM trees
    UNION
    SELECT tree_id FROM tree_region
) AS due
LEFT JOIN (
    SELECT id, active, cluster_regions_assigned, estimated_geometric_location AS location, {problem} AS problem
    FROM trees
) AS trees ON trees.id = due.tree_id
