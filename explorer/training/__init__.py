"""How the shipped networks were trained, and how often they are right."""
