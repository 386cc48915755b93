"""What a user writes: lanner.yaml or falco.yaml, as one typed object."""
