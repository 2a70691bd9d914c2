"""Change -> Review."""
