"""Conditions as SQL: the tree of a rule becomes a tree of sqlglot, written in the words of one of several engines."""
