"""Redaction: secret values of an event are replaced by salted marks; every other byte stays as it was."""
