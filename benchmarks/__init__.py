"""Each script measures ours and its peers side by side in one run."""
