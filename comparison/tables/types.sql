-- Facts about types, for what "equal" means.
-- Reads: pg_type, pg_opclass, pg_amproc, pg_range, pg_attribute, pg_collation. Writes nothing.
-- Assumes: %(oids)s is an array of type oids. One row per type.
SELECT t.oid,
       format_type(t.oid, NULL) AS name,
       n.nspname,
       t.typname,
       t.typtype::text,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END AS element,
       t.typbasetype,
       coalesce(r.rngsubtype, m.rngsubtype, 0) AS subtype,
       EXISTS (SELECT FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod AND a.amname = 'hash'
                 JOIN pg_amproc p ON p.amprocfamily = c.opcfamily AND p.amproclefttype = c.opcintype
                                 AND p.amprocrighttype = c.opcintype AND p.amprocnum = 2
                WHERE c.opcintype = t.oid AND c.opcdefault) AS hashes,
       EXISTS (SELECT FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod AND a.amname IN ('btree', 'hash')
                WHERE c.opcintype = t.oid AND c.opcdefault) AS compares,
       ARRAY(SELECT a.atttypid::bigint FROM pg_attribute a
              WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
              ORDER BY a.attnum) AS fields
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_range r ON r.rngtypid = t.oid
  LEFT JOIN pg_range m ON m.rngmultitypid = t.oid
 WHERE t.oid = ANY (%(oids)s::oid[])
