-- The indexes of schema.sql, apart from it so that a large database can be filled before they are built.
-- Reads: nothing. Writes: creates indexes. Assumes: schema.sql has run.

CREATE INDEX region_geom_idx ON region USING gist (geom);
CREATE INDEX region_zoom_region_id_idx ON region_zoom (region_id);
CREATE INDEX trees_estimated_geometric_location_idx ON trees USING gist (estimated_geometric_location);
CREATE UNIQUE INDEX tree_region_tree_id_zoom_level_idx ON tree_region (tree_id, zoom_level);
CREATE INDEX tree_region_zoom_level_idx ON tree_region (zoom_level);
CREATE UNIQUE INDEX active_tree_region_id_idx ON active_tree_region (id);
CREATE INDEX active_tree_region_zoom_level_idx ON active_tree_region (zoom_level);
CREATE INDEX active_tree_region_region_id_idx ON active_tree_region (region_id);
CREATE INDEX clusters_zoom_level_idx ON clusters (zoom_level);
