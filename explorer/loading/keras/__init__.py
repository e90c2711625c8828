"""Files of whole networks as Keras writes them, read without Keras."""
