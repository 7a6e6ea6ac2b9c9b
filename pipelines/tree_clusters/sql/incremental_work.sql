-- The trees to look at: new by their flag, changed by the list, in a region that has changed, or in a range of ids.
-- Settled trees that are where they were have only been switched on or off: their rows are right, so that they get no
-- tile to search.
-- Reads: trees, tree_region, taken_tree, taken_region, taken_range. Writes: work (temporary).
INSERT INTO work
SELECT due.tree_id, coalesce(active, false), coalesce(cluster_regions_assigned, false),
    coalesce(active OR cluster_regions_assigned, false), coalesce(had.some, false), due.switched, problem,
    location,
    CASE WHEN problem IS NULL AND NOT due.switched THEN floor(ST_X(location) * 100)::integer END,
    CASE WHEN problem IS NULL AND NOT due.switched THEN floor(ST_Y(location) * 100)::integer END
FROM (
    SELECT tree_id, bool_and(switched) AS switched
    FROM (
        SELECT id AS tree_id, false AS switched
        FROM trees
        WHERE active AND NOT cluster_regions_assigned AND id BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT taken_tree.tree_id, coalesce(trees.cluster_regions_assigned
            AND trees.estimated_geometric_location = taken_tree.old_location, false)
        FROM taken_tree
        LEFT JOIN trees ON trees.id = taken_tree.tree_id
        UNION ALL
        SELECT trees.id, false
        FROM taken_region
        JOIN trees ON trees.estimated_geometric_location && taken_region.area
        UNION ALL
        SELECT trees.id, false
        FROM taken_range
        JOIN trees ON trees.id BETWEEN taken_range.first_id AND taken_range.last_id
        UNION ALL
        SELECT tree_region.tree_id, false
        FROM taken_range
        JOIN tree_region ON tree_region.tree_id BETWEEN taken_range.first_id AND taken_range.last_id
    ) AS listed
    GROUP BY tree_id
) AS due
LEFT JOIN (
    SELECT id, active, cluster_regions_assigned, estimated_geometric_location AS location, {problem} AS problem
    FROM trees
) AS trees ON trees.id = due.tree_id
LEFT JOIN LATERAL (
    SELECT true AS some FROM tree_region WHERE tree_region.tree_id = due.tree_id LIMIT 1
) AS had ON true
