"""The networks: the catalogue, loading of weights, and what a loaded network is made of."""
