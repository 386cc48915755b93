"""Wires sources, detection, archive and outputs into running processes."""
