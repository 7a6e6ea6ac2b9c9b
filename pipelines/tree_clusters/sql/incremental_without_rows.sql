-- Why trees that are settled now get no row.
-- Reads: work, wanted. Writes: nothing.
SELECT coalesce(work.problem, 'in no region') AS reason, count(*)
FROM work
LEFT JOIN (SELECT DISTINCT tree_id FROM wanted) AS placed ON placed.tree_id = work.tree_id
WHERE work.active AND NOT work.flagged AND placed.tree_id IS NULL
GROUP BY 1
ORDER BY 1
