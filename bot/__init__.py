"""Patchwright reviews changes with a model that runs on its user's own hardware."""

__version__ = "0.1.0"
