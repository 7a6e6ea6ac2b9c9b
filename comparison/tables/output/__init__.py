"""A comparison written down: for machines, for spreadsheets, for a browser, for a terminal."""
