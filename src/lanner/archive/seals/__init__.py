"""Seals: each commit adds one signed link to a chain, and `verify` holds the archive against it."""
