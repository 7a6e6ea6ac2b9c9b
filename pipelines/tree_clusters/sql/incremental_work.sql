-- The trees to look at: new by their flag, changed by the list, or in a region that has changed.
-- Reads: trees, tree_region, taken_tree, taken_region. Writes: work (temporary).
INSERT INTO work
SELECT due.tree_id, coalesce(active, false), coalesce(cluster_regions_assigned, false),
    coalesce(active OR cluster_regions_assigned, false), coalesce(had.some, false), problem,
    location,
    CASE WHEN problem IS NULL THEN floor(ST_X(location) * 100)::integer END,
    CASE WHEN problem IS NULL THEN floor(ST_Y(location) * 100)::integer END
FROM (
    SELECT id AS tree_id
    FROM trees
    WHERE active AND NOT cluster_regions_assigned AND id BETWEEN %(first)s AND %(last)s
    UNION
    SELECT tree_id FROM taken_tree
    UNION
    SELECT trees.id
    FROM taken_region
    JOIN trees ON trees.estimated_geometric_location && taken_region.area
) AS due
LEFT JOIN (
    SELECT id, active, cluster_regions_assigned, estimated_geometric_location AS location, {problem} AS problem
    FROM trees
) AS trees ON trees.id = due.tree_id
LEFT JOIN LATERAL (
    SELECT true AS some FROM tree_region WHERE tree_region.tree_id = due.tree_id LIMIT 1
) AS had ON true
