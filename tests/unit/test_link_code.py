"""The link as a QR code: OpenCV's reader reads it, and nothing else is answered at its address."""

from __future__ import annotations

import json
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from explorer.ui.link_code import LONGEST, LinkCodes
from tests.asgi import answered

LINK = "http://192.168.1.20:8501/saliency?network=pocket_resnet&layer=layer3&class=caf%C3%A9&channel=12"


def asked(path: str, link: str, method: str = "GET") -> tuple[int, bytes]:
    status, _, body = answered(LinkCodes, path, f"link={quote(link, safe='')}", method)
    return status, body


@pytest.mark.parametrize("link", [LINK, "http://a/", "x" * LONGEST])
def test_a_camera_reads_the_link_in_it(link: str) -> None:
    status, body = asked("/link-code", link)
    assert status == 200
    squares = np.array([[digit == "1" for digit in row] for row in json.loads(body)])
    assert squares.shape[0] == squares.shape[1]
    picture = np.where(np.kron(np.pad(squares, 4), np.ones((6, 6), bool)), 0, 255).astype(np.uint8)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == link


@pytest.mark.parametrize("link", ["", "x" * (LONGEST + 1), "é" * LONGEST])
def test_what_no_camera_would_read_has_none(link: str) -> None:
    assert asked("/link-code", link) == (404, b"")


@pytest.mark.parametrize(("path", "method"), [("/link-code", "POST"), ("/link-code/", "GET"), ("/", "GET")])
def test_all_else_is_left_to_the_app(path: str, method: str) -> None:
    assert asked(path, LINK, method)[0] == 418
