"""How kube-apiserver gets from a policy's bytes to its values: Go's YAML 1.1, Go's JSON, its types and its messages."""
