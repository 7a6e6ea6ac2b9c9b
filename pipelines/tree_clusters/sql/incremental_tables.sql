-- What a run works with; gone at its commit.
-- Writes: temporary tables.
CREATE TEMPORARY TABLE taken_tree (tree_id integer, old_location geometry) ON COMMIT DROP;
CREATE TEMPORARY TABLE taken_region (region_id integer, area geometry) ON COMMIT DROP;
CREATE TEMPORARY TABLE taken_range (first_id integer, last_id integer) ON COMMIT DROP;
CREATE TEMPORARY TABLE work (
    tree_id integer,
    active boolean,  -- false as well where the tree is gone
    flagged boolean,
    kept boolean,  -- has or gets rows: it is there, and active or once settled
    known boolean,  -- may have rows in tree_region already
    switched boolean,  -- has only been activated or deactivated
    problem text,  -- why its location cannot be used
    point geometry,
    tile_x integer,
    tile_y integer
) ON COMMIT DROP
