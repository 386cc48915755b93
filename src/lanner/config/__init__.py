"""The ground of all rooms: YAML with positions, typed conversion, folders."""
