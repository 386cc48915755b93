"""Sigma's rules: pySigma parses them, what is here makes them conditions and says where they can never match."""
