"""From arrays to pictures and charts. The one place with an opinion on colours and scales."""
