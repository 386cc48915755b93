"""Where audit events come from: one file a source."""
