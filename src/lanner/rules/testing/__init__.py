"""Tests of rules, written beside them in *.test.yaml: read, run, compared, and measured for what they leave out.

docs/rules.md describes their form for users.
"""
