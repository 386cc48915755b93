"""Makes few large sorted files of many small ones, and removes what nothing needs any more."""
