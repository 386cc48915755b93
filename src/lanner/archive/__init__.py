"""The Iceberg table: every event, normalised, rebuilt byte for byte, asked with SQL."""
