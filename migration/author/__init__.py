"""The author's code: what of a DAG file goes along into the flow, and how it is rewritten."""
