"""Detection: the engine that turns events into alerts."""
