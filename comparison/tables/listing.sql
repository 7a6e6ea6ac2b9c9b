-- Tables of a database that a user would compare.
-- Reads: pg_class, pg_namespace, pg_depend, pg_inherits, pg_constraint. Writes nothing.
-- Leaves out the catalogs, what belongs to an extension (spatial_ref_sys), and partitions, whose rows their
-- parent has. One row per relation: schema, name, kind, primary key's columns in order, estimated rows, blocks.
SELECT n.nspname::text,
       c.relname::text,
       c.relkind::text,
       ARRAY(SELECT a.attname::text
               FROM pg_constraint k
               CROSS JOIN unnest(k.conkey) WITH ORDINALITY u(number, place)
               JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number
              WHERE k.conrelid = c.oid AND k.contype = 'p'
              ORDER BY u.place) AS key,
       greatest(c.reltuples, 0)::bigint AS estimate,
       CASE WHEN c.relkind = 'r'
            THEN pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END AS pages
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
   AND n.nspname <> 'information_schema'
   AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   AND NOT c.relispartition
 ORDER BY 1, 2
