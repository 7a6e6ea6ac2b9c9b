"""`replant diff` beside what a user would pick instead."""
