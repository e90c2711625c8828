"""How pictures and weights come in: chosen, uploaded, taken, drawn, fetched."""
