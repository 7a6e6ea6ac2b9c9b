"""The report: report.json, and what people look at: report.html, CSV files, the lines on the terminal."""
