"""What must survive a crash: the spool of batches, and SQLite with checkpoints, alerts, deliveries, quarantine."""
