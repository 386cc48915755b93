"""Correlations: rules over several events, in the style of Sigma's, with what Sigma's lack."""
