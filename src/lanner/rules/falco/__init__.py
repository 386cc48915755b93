"""Falco's rule language: conditions, documents, output strings."""
