"""What a trained network is put to use for: finding where a thing is, and pictures that are alike, without ever having
been told; reading numbers digit by digit; watching a clip frame by frame; hearing what kind of sound a sound is."""

from .localisation import Located, locate
from .reading import Cut, Digit, Reading, cut, read_number
from .search import alike, features, nearest
from .segmentation import Segment, segment
from .sound import heard_evidence, sound_picture
from .video import Watched, watch

__all__ = [
    "Cut", "Digit", "Located", "Reading", "Segment", "Watched", "alike", "cut", "features", "heard_evidence", "locate",
    "nearest", "read_number", "segment", "sound_picture", "watch",
]  # fmt: skip
