"""What holds a page: what was chosen, its errors, long work, and what can be taken away."""
