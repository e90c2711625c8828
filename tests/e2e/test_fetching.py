"""Fetching weights and deleting them, as people do it: a real server, a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from explorer.loading.catalog import CATALOG
from explorer.loading.inventory import LESSON, inventory
from explorer.networks.vision import torchvision
from explorer.ui.frame.teacher import VARIABLE
from tests.e2e import published
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, OpenPage, expect_alert, expect_text, expect_title, go, open_card

TOKEN = "the-token-of-whoever-started-this-server"
ANYTHING = bytes(range(256)) * 1000  # 256 kB that no network could use


class Published(NamedTuple):
    """An app whose weights come from a server on this machine, and the folder where they go."""

    url: str
    source: published.Server
    folder: Path
    strays: Path

    def files(self, network: str) -> list[str]:
        """What is there of a network, whole or in part."""
        return sorted(path.name for path in self.folder.glob(f"{network}-*"))


def random_weights(network: str, seed: int) -> bytes:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = torchvision.models.get_model(network)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    return file.getvalue()


@pytest.fixture(scope="module")
def app(
    cold_server: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    home = tmp_path_factory.mktemp("home")
    strays = home / "strays.txt"
    with published.running() as source:
        source.publish("squeezenet1_1", random_weights("squeezenet1_1", 1), is_open=False)
        source.publish("shufflenet_v2_x0_5", random_weights("shufflenet_v2_x0_5", 2), is_open=False)
        source.publish("mnasnet0_5", ANYTHING[::-1], checked=ANYTHING)
        source.publish("mobilenet_v3_small", None)
        for i, network in enumerate(LESSON):
            source.publish(network, ANYTHING[i:])
        environment = published.environment(home, strays, source.addresses()) | {VARIABLE: TOKEN}
        with cold_server("tests.e2e.published", environment) as url:
            yield Published(url, source, home / "hub" / "checkpoints", strays)
    assert not strays.exists(), strays.read_text()


def fetch_button(page: Page, network: str) -> Locator:
    return page.get_by_role("button", name=f"Fetch {CATALOG[network].title} (")


def stop_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Stop", exact=True)


def test_a_download_can_be_watched_stopped_and_begun_again(app: Published, page: Page) -> None:
    go(page, f"{app.url}/?network=squeezenet1_1")
    assert not app.source.requests  # nothing is fetched before somebody asks
    assert page.locator("h1").count() == 0
    fetch_button(page, "squeezenet1_1").click()
    expect_text(page, " MB of 4.")
    expect_text(page, " a second")
    assert fetch_button(page, "squeezenet1_1").count() == 0
    stop_button(page).click()
    expect_text(page, "was not fetched: stopped.")
    assert app.files("squeezenet1_1") == []
    expect(stop_button(page)).to_have_count(0, timeout=LONG)
    fetch_button(page, "squeezenet1_1").click()
    expect_text(page, " MB of 4.")
    assert page.get_by_text("was not fetched: stopped.").count() == 0
    app.source.open("squeezenet1_1")
    expect_title(page, "^SqueezeNet 1.1 sees: ")
    assert app.files("squeezenet1_1") == [app.source.names["squeezenet1_1"]]
    assert app.source.n_requests("squeezenet1_1") == 2


def shown_megabytes(page: Page) -> str:
    found = re.search(r": ([\d.]+) MB of ", page.locator("[data-testid=stMain]").inner_text())
    assert found
    return found.group(1)


def test_a_file_that_several_want_is_fetched_once(app: Published, open_page: OpenPage) -> None:
    network = "shufflenet_v2_x0_5"
    first, second, late = open_page(), open_page(), open_page()
    for visitor in (first, second):
        go(visitor, f"{app.url}/?network={network}")
    first.get_by_role("button", name="Fetch ").click()
    second.get_by_role("button", name="Fetch ").click()
    for visitor in (first, second):
        expect(stop_button(visitor)).to_be_visible(timeout=LONG)
    late.goto(f"{app.url}/?network={network}")  # sees that it is under way, and cannot stop it
    expect_text(late, " MB of ")
    assert stop_button(late).count() == 0
    assert fetch_button(late, network).count() == 0
    stop_button(first).click()
    expect_text(second, " MB of ")  # goes on: somebody still wants it
    app.source.open(network)
    for visitor in (second, late, first):
        expect_title(visitor, "^ShuffleNet v2 x0.5 sees: ")
    assert app.source.n_requests(network) == 1


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("mnasnet0_5", "what arrived is not the file that was asked for (its checksum differs)"),
        ("mobilenet_v3_small", "the server answered 404 (Not Found)"),
    ],
)
def test_a_download_that_fails_is_a_sentence_and_the_visit_goes_on(
    app: Published, page: Page, network: str, reason: str
) -> None:
    go(page, f"{app.url}/?network={network}")
    fetch_button(page, network).click()
    alert = page.locator("[data-testid=stMain] [data-testid=stAlert]", has_text="could not be fetched")
    expect(alert).to_contain_text(reason, timeout=LONG)
    expect(alert).to_contain_text(app.source.names[network])
    expect(fetch_button(page, network)).to_be_visible(timeout=LONG)
    wait_idle(page)
    assert app.files(network) == []
    n_requests = app.source.n_requests(network)
    fetch_button(page, network).click()  # it can be tried again
    expect(alert).to_contain_text(reason, timeout=LONG)
    expect(page.get_by_text("a second", exact=False)).to_have_count(0)
    wait_idle(page)
    assert app.source.n_requests(network) == n_requests + 1
    open_card(page, "network")
    page.locator(".st-key-weights").get_by_text("Untrained", exact=True).click()
    expect_title(page, f"^{re.escape(CATALOG[network].title)}, untrained, sees: ")
    assert alert.count() == 0


def test_a_connection_that_would_leave_the_machine_is_noticed(app: Published, page: Page) -> None:
    """What all other tests in here rely on."""
    go(page, f"{app.url}/?network=resnet34")  # its address is the real one
    fetch_button(page, "resnet34").click()
    expect_alert(page, "could not be fetched from download.pytorch.org")
    assert set(app.strays.read_text().splitlines()) == {"socket.getaddrinfo download.pytorch.org"}
    app.strays.unlink()


def tick(page: Page, row: int) -> None:
    """The box at the left of a row; the table is one picture, so only its place tells which."""
    table = page.locator(".st-key-weights-table [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    header, height = 37.2, 37.2  # 35 of Streamlit’s pixels, at a font of 17
    table.click(position={"x": 18, "y": header + (row + 0.5) * height})
    wait_idle(page)


def row_of(network: str) -> int:
    return next(i for i, item in enumerate(inventory()) if item.info.name == network)


def test_weights_are_fetched_from_the_table_and_deleted_again(app: Published, page: Page) -> None:
    go(page, f"{app.url}/weights?teacher={TOKEN}")
    expect_title(page, "^Weights$")
    assert TOKEN not in page.url
    expect(page.get_by_role("button", name="Fetch what is chosen")).to_be_disabled()
    expect(page.get_by_role("button", name="Delete what is chosen (0)")).to_be_disabled()
    tick(page, row_of("alexnet"))
    page.get_by_role("button", name=re.compile(r"Fetch what is chosen \(1, 24\d MB\)")).click()
    expect(page.get_by_role("button", name=re.compile("Delete what is chosen"))).to_be_visible()
    expect(page.get_by_role("button", name="Delete what is chosen (1)")).to_be_enabled(timeout=LONG)
    wait_idle(page)
    name = app.source.names["alexnet"]
    assert app.files("alexnet") == [name]
    expect(page.get_by_role("button", name="Fetch what is chosen")).to_be_disabled()
    page.get_by_role("button", name="Delete what is chosen (1)").click()
    expect_text(page, f"Delete {name}? They can be fetched again.")
    assert app.files("alexnet") == [name]  # not before it is confirmed
    page.locator(".st-key-delete button").click()
    expect(page.get_by_role("button", name=re.compile(r"Fetch what is chosen \(1,"))).to_be_enabled(timeout=LONG)
    wait_idle(page)
    assert app.files("alexnet") == []


def test_weights_that_come_with_the_program_cannot_be_deleted(app: Published, page: Page) -> None:
    go(page, f"{app.url}/weights?teacher={TOKEN}")
    tick(page, row_of("pocket_resnet"))
    expect(page.get_by_role("button", name="Delete what is chosen (0)")).to_be_disabled()
    expect(page.get_by_role("button", name="Fetch what is chosen")).to_be_disabled()


def test_nobody_else_deletes(app: Published, page: Page) -> None:
    go(page, f"{app.url}/weights")
    expect_text(page, "can be deleted by whoever started the server")
    tick(page, row_of("alexnet"))
    expect(page.get_by_role("button", name=re.compile("Fetch what is chosen"))).to_be_visible()
    assert page.get_by_role("button", name=re.compile("Delete")).count() == 0


def test_a_lesson_s_worth_is_fetched_with_one_click(app: Published, page: Page) -> None:
    go(page, f"{app.url}/weights")
    wanted = [network for network in LESSON if not app.files(network)]
    before = {network: app.source.n_requests(network) for network in wanted}
    page.get_by_role("button", name=f"Fetch a lesson’s worth ({len(wanted)}, ").click()
    expect(page.get_by_role("button", name="Fetch a lesson’s worth", exact=True)).to_be_disabled(timeout=LONG)
    wait_idle(page)
    for network in LESSON:
        assert app.files(network) == [app.source.names[network]]
    for network in wanted:
        assert app.source.n_requests(network) == before[network] + 1
    assert page.locator("[data-testid=stMain] [data-testid=stAlert]").count() == 0
