-- Removes the clusters of one zoom level before they are written anew.
-- Writes: clusters. Takes: the zoom level.
DELETE FROM clusters WHERE zoom_level = %s
