"""Correlations at work: events that parts of a correlation match, what is remembered of them, and when one fires."""
