"""Exceptions proposed from a baseline: alerts are given as data, and what comes out are ordinary Falco exceptions."""
