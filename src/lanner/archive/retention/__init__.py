"""Retention: how long events are kept and on which tier, what a hold keeps longer, and real deletion."""
