"""Rule languages: one condition tree for all of them, its compilers, Falco's documents."""
