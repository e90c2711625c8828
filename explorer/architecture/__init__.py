"""What a network is made of: its stages, their cost, and what its units can see."""
