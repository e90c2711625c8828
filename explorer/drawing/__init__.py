"""From arrays to pictures: colours, mosaics, PNG."""
