"""The audit policy: what kube-apiserver makes of it, what it costs, what it blinds."""
