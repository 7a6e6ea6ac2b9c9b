"""The text of a flow's file, from the plan to the folder."""
