"""Why a file is not shown, told from inside: the border puts the name of the file before it."""

OTHER = "Choose another file."


class Refused(Exception):
    """What is in the way, as the rest of a sentence that begins with the name of the file, and what to do."""
