"""The variant `incremental` of tree_clusters beside `faithful`, on regions like production's."""
