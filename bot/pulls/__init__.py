"""Review -> pull request: what is to be said there, what was said already, and the saying of it."""
