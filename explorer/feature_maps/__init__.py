"""What a layer's channels hold on one picture."""
