"""GitHub: the forge."""
