-- Brings a treetracker database to the schema on which the variant `incremental` costs what has changed,
-- not what there is. Run it in one transaction: psql URL -v ON_ERROR_STOP=1 -1 -f upgrade.sql
-- Reads: trees, region, tree_region, active_tree_region. Writes: helper tables named tree_clusters_*, triggers
-- on trees, region, region_zoom and tree_region, missing indexes; active_tree_region becomes a table of the
-- same columns, indexes and grants, kept up to date by the pipeline.
-- Assumes: the tables of schema.sql, and nobody else's views on active_tree_region. downgrade.sql goes back.

-- What has changed since the last run. Append-only, so that no writer waits for a run and none is lost.
CREATE TABLE tree_clusters_changed_tree (
    tree_id integer NOT NULL,
    old_location geometry  -- NULL: there was none
);
CREATE TABLE tree_clusters_changed_region (
    region_id integer,
    area geometry  -- both NULL: look at everything again; only this NULL: centroid or type changed
);
CREATE TABLE tree_clusters_look_again (  -- ranges of ids, where looking at everything has been split
    first_id integer NOT NULL,
    last_id integer NOT NULL
);
-- What the step before has left to do, recorded in its own transaction.
CREATE TABLE tree_clusters_view_due (
    tree_id integer,
    tree_region_id integer,  -- of a row that is gone
    region_id integer,  -- all three NULL: everything
    fresh boolean  -- a tree that had no row before
);
CREATE TABLE tree_clusters_cell_due (
    x integer,
    y integer,  -- both NULL: everything
    trees_left boolean  -- false: trees have only come
);
-- Active trees by square cells so small that the trees of one cell are always one cluster.
CREATE TABLE tree_clusters_cell (
    x integer NOT NULL,
    y integer NOT NULL,
    trees integer NOT NULL,
    sum_lon float8 NOT NULL,
    sum_lat float8 NOT NULL,
    west float8 NOT NULL,
    south float8 NOT NULL,
    east float8 NOT NULL,
    north float8 NOT NULL,
    cluster_id integer,
    PRIMARY KEY (x, y)
);
CREATE INDEX tree_clusters_cell_cluster_id_idx ON tree_clusters_cell (cluster_id);
CREATE TABLE tree_clusters_kept (
    name text PRIMARY KEY,
    value text NOT NULL
);

CREATE INDEX tree_clusters_new_trees_idx ON trees (id) WHERE active AND NOT cluster_regions_assigned;
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
        WHERE indrelid = 'trees'::regclass AND attname = 'estimated_geometric_location' AND amname = 'gist'
            AND indpred IS NULL
    ) THEN
        CREATE INDEX tree_clusters_trees_location_idx ON trees USING gist (estimated_geometric_location);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indrelid = 'region_zoom'::regclass AND attname = 'region_id' AND indpred IS NULL
    ) THEN
        CREATE INDEX tree_clusters_region_zoom_idx ON region_zoom (region_id);
    END IF;
END
$$;

-- The triggers run with the rights of whoever upgrades: an application need not know these tables. Nobody's
-- temporary table may take the place of one of them, so those come last in the search path that is kept.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);
CREATE FUNCTION tree_clusters_tree_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tree_clusters_changed_tree VALUES (OLD.id, OLD.estimated_geometric_location);
    IF NEW.id <> OLD.id THEN
        INSERT INTO tree_clusters_changed_tree VALUES (NEW.id, NULL);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_changed
AFTER UPDATE OF id, active, estimated_geometric_location ON trees FOR EACH ROW
WHEN (OLD.id <> NEW.id OR OLD.active IS DISTINCT FROM NEW.active
    OR OLD.estimated_geometric_location IS DISTINCT FROM NEW.estimated_geometric_location)
EXECUTE FUNCTION tree_clusters_tree_changed();

CREATE FUNCTION tree_clusters_trees_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    -- All others are found by their flag.
    INSERT INTO tree_clusters_changed_tree SELECT id, NULL FROM added WHERE cluster_regions_assigned;
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_added AFTER INSERT ON trees
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_trees_added();

CREATE FUNCTION tree_clusters_trees_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tree_clusters_changed_tree SELECT id, estimated_geometric_location FROM deleted;
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_deleted AFTER DELETE ON trees
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_trees_deleted();

CREATE FUNCTION tree_clusters_everything_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON trees
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON region
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON region_zoom
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();
-- Results that somebody has emptied are made again by the next run.
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON tree_region
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON clusters
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();

-- For regions and their zooms: `added` and `deleted` are the rows after and before the statement. Many
-- areas at once are no longer listed: looking at everything is cheaper then.
CREATE FUNCTION tree_clusters_regions_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 1001) AS many) > 1000 THEN
        INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL);
    ELSIF TG_TABLE_NAME = 'region' THEN
        INSERT INTO tree_clusters_changed_region SELECT id, geom FROM added;
    ELSE
        INSERT INTO tree_clusters_changed_region
        SELECT region.id, region.geom FROM region JOIN added ON added.region_id = region.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION tree_clusters_regions_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM deleted LIMIT 1001) AS many) > 1000 THEN
        INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL);
    ELSIF TG_TABLE_NAME = 'region' THEN
        INSERT INTO tree_clusters_changed_region SELECT id, geom FROM deleted;
    ELSE
        INSERT INTO tree_clusters_changed_region
        SELECT region.id, region.geom FROM region JOIN deleted ON deleted.region_id = region.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION tree_clusters_regions_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 1001) AS many) > 1000 THEN
        INSERT INTO tree_clusters_changed_region VALUES (NULL, NULL);
    ELSIF TG_TABLE_NAME = 'region' THEN
        INSERT INTO tree_clusters_changed_region
        SELECT id, geom FROM deleted UNION ALL SELECT id, geom FROM added;
    ELSE
        INSERT INTO tree_clusters_changed_region
        SELECT region.id, region.geom
        FROM region JOIN (SELECT region_id FROM deleted UNION SELECT region_id FROM added) AS touched
            ON touched.region_id = region.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_added AFTER INSERT ON region
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_added();
CREATE TRIGGER tree_clusters_deleted AFTER DELETE ON region
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_deleted();
CREATE TRIGGER tree_clusters_changed AFTER UPDATE ON region
REFERENCING OLD TABLE AS deleted NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_changed();
CREATE TRIGGER tree_clusters_added AFTER INSERT ON region_zoom
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_added();
CREATE TRIGGER tree_clusters_deleted AFTER DELETE ON region_zoom
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_deleted();
CREATE TRIGGER tree_clusters_changed AFTER UPDATE ON region_zoom
REFERENCING OLD TABLE AS deleted NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_regions_changed();

-- The original job would write rows that the helper tables do not know of.
CREATE FUNCTION tree_clusters_only_ours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('replant.tree_clusters', true) IS DISTINCT FROM 'writes' THEN
        RAISE EXCEPTION 'tree_region is maintained by the pipeline tree_clusters (variant incremental); '
            'this job would corrupt what it maintains'
            USING HINT = 'Stop this job, or go back to the original schema with '
                'pipelines/tree_clusters/downgrade.sql.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tree_clusters_only_ours BEFORE INSERT OR UPDATE OR DELETE ON tree_region
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_only_ours();

-- The materialized view becomes a table of the same name; what it was is kept for the way back.
INSERT INTO tree_clusters_kept
SELECT 'view', rtrim(pg_get_viewdef('active_tree_region'::regclass), '; ');
INSERT INTO tree_clusters_kept
SELECT 'index ' || row_number() OVER (ORDER BY indexrelid), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = 'active_tree_region'::regclass;
INSERT INTO tree_clusters_kept
SELECT 'grant ' || row_number() OVER (), format('GRANT %s ON active_tree_region TO %s', privilege_type,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(relacl)
WHERE pg_class.oid = 'active_tree_region'::regclass AND privilege_type = 'SELECT' AND grantee <> relowner;

CREATE TABLE tree_clusters_view AS SELECT * FROM active_tree_region WITH NO DATA;
DROP MATERIALIZED VIEW active_tree_region;
ALTER TABLE tree_clusters_view RENAME TO active_tree_region;
CREATE TRIGGER tree_clusters_truncated AFTER TRUNCATE ON active_tree_region
FOR EACH STATEMENT EXECUTE FUNCTION tree_clusters_everything_changed();
INSERT INTO active_tree_region (id, region_id, centroid, type_id, zoom_level)
SELECT tree_region.id, tree_region.region_id, region.centroid, region.type_id, tree_region.zoom_level
FROM tree_region
JOIN trees ON trees.id = tree_region.tree_id
JOIN region ON region.id = tree_region.region_id
WHERE trees.active;
DO $$
DECLARE
    kept text;
BEGIN
    FOR kept IN SELECT value FROM tree_clusters_kept WHERE name LIKE 'index %' OR name LIKE 'grant %'
        ORDER BY name
    LOOP
        EXECUTE kept;
    END LOOP;
END
$$;

-- What is there was written by the original: the first run looks at everything.
INSERT INTO tree_clusters_changed_region
SELECT NULL, NULL
WHERE EXISTS (SELECT FROM trees WHERE cluster_regions_assigned)
    OR EXISTS (SELECT FROM tree_region)
    OR EXISTS (SELECT FROM clusters);
