"""Evaluation -> something to read: one function for each reader, one list of them."""
