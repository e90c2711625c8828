"""Files and words that nobody foresaw, at every border of the program: a result, or a sentence.

`tests/unit/test_fuzzed_borders.py` tries the same few each time, `python -m tests.fuzz SECONDS` others for long.
"""
