"""Where under this server a browser finds a file."""

from __future__ import annotations

from streamlit.runtime import get_instance


def file_url(content: bytes, kind: str, place: str) -> str:
    """An address under this server for a file of a media type; equal files share one, so a browser never loads one
    twice.

    `place` names where on the page it stands: what stood there before is forgotten.
    """
    url: str = get_instance().media_file_mgr.add(content, kind, place)
    return url
