-- The tables of treetracker that this pipeline reads and writes, as in production. SRID 4326 throughout.
-- Reads: nothing. Writes: creates tables, one materialized view and their indexes.
-- Assumes: PostGIS is installed; none of the tables exist.

CREATE TABLE region_type (
    id serial PRIMARY KEY,
    type text NOT NULL UNIQUE
);

CREATE TABLE region (
    id serial PRIMARY KEY,
    type_id integer NOT NULL REFERENCES region_type (id),
    name text,
    metadata jsonb,
    geom geometry(MultiPolygon, 4326),
    centroid geometry(Point, 4326)
);

CREATE TABLE region_zoom (
    id serial PRIMARY KEY,
    region_id integer NOT NULL REFERENCES region (id),
    zoom_level integer NOT NULL,
    priority integer
);

CREATE TABLE trees (
    id serial PRIMARY KEY,
    lat numeric,
    lon numeric,
    estimated_geometric_location geometry(Point, 4326),
    active boolean NOT NULL DEFAULT true,
    cluster_regions_assigned boolean NOT NULL DEFAULT false,
    time_created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tree_region (
    id serial PRIMARY KEY,
    tree_id integer NOT NULL,
    zoom_level integer NOT NULL,
    region_id integer NOT NULL
);

CREATE TABLE clusters (
    id serial PRIMARY KEY,
    count integer NOT NULL,
    zoom_level integer NOT NULL,
    location geometry(Point, 4326)
);

CREATE MATERIALIZED VIEW active_tree_region AS
SELECT tree_region.id, tree_region.region_id, region.centroid, region.type_id, tree_region.zoom_level
FROM tree_region
JOIN trees ON trees.id = tree_region.tree_id
JOIN region ON region.id = tree_region.region_id
WHERE trees.active;
