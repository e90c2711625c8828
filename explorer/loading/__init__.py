"""From a name, a file or a choice of weights to a network that is ready to run. Importing it costs nothing: the
catalogue is read without torch."""
