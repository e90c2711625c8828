"""Drawing, choosing, fetching and bringing networks, as people do it: a real server, a real browser."""

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
from tests.e2e import published
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import go

OpenPage = Callable[..., Page]
Point = tuple[float, float]
LONG = 30_000  # ms: what a busy machine may take to answer
SEVEN = [[(0.25, 0.2), (0.72, 0.2), (0.6, 0.45), (0.45, 0.85)]]
ZERO = [[(0.5, 0.15), (0.3, 0.25), (0.25, 0.5), (0.3, 0.75), (0.5, 0.85), (0.7, 0.75), (0.75, 0.5), (0.7, 0.25),
         (0.5, 0.15)]]  # fmt: skip
ANYTHING = bytes(range(256)) * 1000  # 256 kB that no network could use
CLASSES = ("a *starfish*", "Kaffee & Kuchen", "第三")


def expect_title(page: Page, pattern: str) -> None:
    expect(page.locator("h1")).to_have_text(re.compile(pattern), timeout=LONG)
    wait_idle(page)


def expect_text(page: Page, text: str) -> None:
    expect(page.get_by_text(text, exact=False).first).to_be_visible(timeout=LONG)


def expect_alert(page: Page, text: str) -> None:
    alert = page.locator("[data-testid=stMain] [data-testid=stAlert]", has_text=text)
    expect(alert).to_have_count(1, timeout=LONG)
    assert "Traceback" not in page.content()


def expect_setting(page: Page, setting: str) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]{re.escape(setting)}(&|$)"), timeout=LONG)


def open_from_menu(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    wait_idle(page)


# Drawing


@pytest.fixture
def paper(server: str, page: Page) -> Locator:
    """Blank paper in front of LeNet-5."""
    go(page, f"{server}/?network=lenet5&picture=Draw")
    expect_text(page, "Draw a digit; until then you see a sample.")
    return page.locator(".pad canvas")


def draw(paper: Locator, strokes: list[list[Point]]) -> None:
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    mouse = paper.page.mouse
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5 if i else 1)
            if i == 0:
                mouse.down()
        mouse.up()
        # Between two runs that follow at once, the server forgets pictures that the browser is about to ask for.
        wait_idle(paper.page)


def ink(paper: Locator) -> float:
    """The share of the paper that is dark."""
    share = paper.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
            let dark = 0
            for (let i = 0; i < data.length; i += 4) dark += data[i] < 128
            return dark / (data.length / 4)
        }"""
    )
    assert isinstance(share, int | float)
    return float(share)


@pytest.mark.parametrize(("digit", "strokes"), [(7, SEVEN), (0, ZERO)])
def test_a_drawn_digit_is_read(paper: Locator, page: Page, digit: int, strokes: list[list[Point]]) -> None:
    assert ink(paper) == 0
    draw(paper, strokes)
    expect_title(page, rf"^LeNet-5 sees: {digit}, ")
    assert 0.02 < ink(paper) < 0.4
    expect_text(page, "How the picture became a digit of MNIST")
    assert page.get_by_text("until then you see a sample").count() == 0


def test_strokes_are_taken_back_one_by_one_and_all_at_once(paper: Locator, page: Page) -> None:
    undo, clear = page.locator(".pad .undo"), page.locator(".pad .clear")
    expect(undo).to_have_attribute("aria-disabled", "true")
    draw(paper, SEVEN)
    expect_title(page, "sees: 7, ")
    seven = ink(paper)
    draw(paper, [[(0.1, 0.9), (0.9, 0.9)], [(0.1, 0.5), (0.9, 0.5)]])
    assert ink(paper) > 1.5 * seven
    for _ in range(2):
        undo.click()
        wait_idle(page)
    expect_title(page, "sees: 7, ")
    assert ink(paper) == pytest.approx(seven)
    undo.click()
    expect_text(page, "Draw a digit; until then you see a sample.")
    assert ink(paper) == 0
    draw(paper, SEVEN)
    draw(paper, ZERO)
    clear.click()
    expect_text(page, "Draw a digit; until then you see a sample.")
    assert ink(paper) == 0
    expect(clear).to_have_attribute("aria-disabled", "true")
    draw(paper, ZERO)
    expect_title(page, "sees: 0, ")


def test_a_drawing_outlives_a_change_of_page_and_of_the_source(paper: Locator, page: Page) -> None:
    draw(paper, SEVEN)
    expect_title(page, "sees: 7, ")
    seven = ink(paper)
    open_from_menu(page, "Feature maps")
    expect_title(page, "Feature maps")
    assert ink(paper) == pytest.approx(seven)
    open_from_menu(page, "Weights")
    expect_title(page, "Weights")
    open_from_menu(page, "Overview")
    expect_title(page, "sees: 7, ")
    page.locator(".st-key-picture").get_by_text("Sample", exact=True).click()
    expect(page.locator(".pad")).to_have_count(0, timeout=LONG)
    wait_idle(page)
    page.locator(".st-key-picture").get_by_text("Draw", exact=True).click()
    expect_title(page, "sees: 7, ")
    assert ink(paper) == pytest.approx(seven)
    draw(paper, [[(0.3, 0.5), (0.8, 0.5)]])  # and it goes on from there
    assert ink(paper) > seven


def test_the_keys_draw_as_well(paper: Locator, page: Page) -> None:
    paper.focus()
    keys = page.keyboard
    for key, times in (("ArrowUp", 12), ("ArrowLeft", 10)):
        for _ in range(times):
            keys.press(key)
    assert ink(paper) == 0  # the pen is up
    keys.press("Space")
    expect(page.locator(".pad .said")).to_have_text("Pen down")
    for _ in range(18):
        keys.press("ArrowRight")
    for _ in range(12):  # down and a little to the left
        for key in ("ArrowDown", "ArrowLeft", "ArrowDown"):
            keys.press(key)
    keys.press("Space")
    expect(page.locator(".pad .said")).to_have_text("Pen up")
    expect_title(page, "sees: 7, ")
    assert ink(paper) > 0.05
    assert page.evaluate("document.activeElement !== document.body")  # the rerun has not taken the focus


def test_a_network_of_digits_offers_the_paper(server: str, page: Page) -> None:
    go(page, f"{server}/?network=lenet5")
    page.get_by_role("button", name="Draw a digit for it").click()
    expect(page.locator(".pad canvas")).to_be_visible(timeout=LONG)
    expect_setting(page, "picture=Draw")
    wait_idle(page)
    draw(page.locator(".pad canvas"), ZERO)
    expect_title(page, "^LeNet-5 sees: 0, ")


# Choosing


@pytest.fixture
def search(server: str, page: Page) -> Locator:
    """The search field of the picker, just opened."""
    go(page, server)
    page.get_by_role("button", name="Browse all by family").click()
    field = page.locator(".picker input")
    expect(field).to_be_focused(timeout=LONG)
    wait_idle(page)
    return field


def test_a_network_is_found_by_typing_and_chosen_with_enter(search: Locator, page: Page) -> None:
    expect(page.locator(".picker .found")).to_have_text(f"{len(CATALOG)} networks")
    expect(page.locator(".picker [aria-selected=true]").first).to_contain_text("Pocket ResNet")
    page.keyboard.type("resnet 50")
    expect(page.locator(".picker .found")).to_contain_text(f"of {len(CATALOG)} networks")
    page.keyboard.press("Enter")
    expect_setting(page, "network=resnet50")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    expect_text(page, "ResNet-50, 2015:")


def test_a_network_is_chosen_by_click_and_by_arrow_keys(search: Locator, page: Page) -> None:
    page.keyboard.type("lenet")
    row = page.locator(".picker .row:visible", has_text="LeNet-5").first
    expect(row).to_contain_text("● here")
    row.click()
    expect_setting(page, "network=lenet5")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    expect_title(page, "^LeNet-5 sees: ")
    page.get_by_role("button", name="Browse all by family").click()
    expect(page.locator(".picker input")).to_be_focused(timeout=LONG)
    page.keyboard.type("1998")
    expect(page.locator(".picker .found")).to_have_text(f"2 of {len(CATALOG)} networks")
    page.keyboard.press("PageDown")
    expect(page.locator(".picker .row.active")).to_contain_text("MLP")
    page.keyboard.press("Enter")
    expect_setting(page, "network=mlp")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)


def test_a_word_that_no_network_has_is_told_so(search: Locator, page: Page) -> None:
    page.keyboard.type("<b>vit</b>")
    expect(page.locator(".picker .found")).to_have_text(
        "No network matches “<b>vit</b>”. Try part of a name, a family or a year."
    )
    assert page.locator(".picker .row:visible").count() == 0
    page.keyboard.press("Enter")  # chooses nothing
    search.fill("")
    expect(page.locator(".picker .found")).to_have_text(f"{len(CATALOG)} networks")
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    wait_idle(page)
    assert "network=" not in page.url
    expect_title(page, "^Pocket ResNet sees: ")


# Fetching


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
        with cold_server("tests.e2e.published", published.environment(home, strays, source.addresses())) as url:
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
    header, height = 35, 35
    table.click(position={"x": 18, "y": header + (row + 0.5) * height})
    wait_idle(page)


def row_of(network: str) -> int:
    return next(i for i, item in enumerate(inventory()) if item.info.name == network)


def test_weights_are_fetched_from_the_table_and_deleted_again(app: Published, page: Page) -> None:
    go(page, f"{app.url}/weights")
    expect_title(page, "^Weights$")
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
    go(page, f"{app.url}/weights")
    tick(page, row_of("pocket_resnet"))
    expect(page.get_by_role("button", name="Delete what is chosen (0)")).to_be_disabled()
    expect(page.get_by_role("button", name="Fetch what is chosen")).to_be_disabled()


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


# Bringing one's own


def own_weights() -> bytes:
    """SqueezeNet with three classes, as a training script might have saved it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = torchvision.models.squeezenet1_1(num_classes=3).state_dict()
    file = io.BytesIO()
    torch.save({"epoch": 7, "state_dict": {f"module.{key}": value for key, value in state.items()}}, file)
    return file.getvalue()


def saved(state: dict[str, torch.Tensor]) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def bring(page: Page, content: bytes, name: str, key: str = "checkpoint") -> None:
    page.locator(f".st-key-{key} input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(page.locator(f".st-key-{key} [data-testid=stFileChipName]").last).to_be_visible(timeout=LONG)
    wait_idle(page)


def ranking(page: Page) -> Locator:
    return page.locator(".ranking .name")


def test_an_own_network_is_recognised_and_has_the_names_that_one_gives(
    server: str, page: Page, open_page: OpenPage
) -> None:
    go(page, f"{server}/?weights=Own")
    expect_text(page, "Choose a file of weights in the sidebar")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 sees: class ")
    expect_setting(page, "network=squeezenet1_1")
    assert sorted(ranking(page).all_inner_texts()) == ["class 0", "class 1", "class 2"]
    bring(page, "\n".join(CLASSES).encode(), "names.txt", "names")
    expect_title(page, "^SqueezeNet 1.1 sees: (" + "|".join(map(re.escape, CLASSES)) + "), ")
    assert sorted(ranking(page).all_inner_texts()) == sorted(CLASSES)  # as they are, not as Markdown
    open_from_menu(page, "Feature maps")
    expect_title(page, "Feature maps")
    open_from_menu(page, "Overview")
    expect_title(page, "^SqueezeNet 1.1 sees: ")
    assert sorted(ranking(page).all_inner_texts()) == sorted(CLASSES)  # it came along

    other = open_page()
    go(other, page.url)  # who gets the link does not get the file
    expect_text(other, "Choose a file of weights in the sidebar")
    assert other.locator("h1").count() == 0
    assert CLASSES[1] not in other.content()

    page.reload()
    wait_idle(page)
    expect_text(page, "Choose a file of weights in the sidebar")
    assert page.locator("h1").count() == 0


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"these are no weights", "x.pth", "'x.pth' is neither of the two kinds of file that can be read"),
        (b"", "empty.pth", "'empty.pth' is empty"),
        (own_weights()[:200_000], "cut.pth", "'cut.pth' is damaged"),
        (
            saved({"class_token": torch.zeros(1, 1, 8), "encoder.layers.encoder_layer_0.ln_1.weight": torch.ones(8)}),
            "vit.pth",
            "is of a transformer, which has no feature maps",
        ),
        (saved({"a": torch.ones(2), "b": torch.ones(2)}), "*b* [x](y) $z$.pth", "are named like those of no network"),
    ],
    ids=["text", "nothing", "cut", "transformer", "stranger"],
)
def test_a_file_that_is_no_network_gives_a_sentence_and_the_visit_goes_on(
    server: str, page: Page, content: bytes, name: str, says: str
) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, content, name)
    expect_alert(page, says)
    assert page.locator("h1").count() == 0
    page.locator(".st-key-weights").get_by_text("Trained", exact=True).click()
    expect_title(page, "^Pocket ResNet sees: ")
    page.locator(".st-key-weights").get_by_text("Own", exact=True).click()
    wait_idle(page)
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 sees: class ")


def test_a_wrong_number_of_names_gives_a_sentence_and_the_visit_goes_on(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 sees: class ")
    bring(page, b"one\ntwo\n", "names.txt", "names")
    expect_alert(page, "has 2 names; this network has 3 classes: one name for each is needed")
    bring(page, b'["one", "two", "three"]', "names.json", "names")
    expect_title(page, "^SqueezeNet 1.1 sees: (one|two|three), ")


def test_another_network_than_the_file_s_is_refused_until_the_right_one_is_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 sees: ")
    page.get_by_role("button", name="Browse all by family").click()
    expect(page.locator(".picker input")).to_be_focused(timeout=LONG)
    page.keyboard.type("lenet")
    page.keyboard.press("Enter")
    expect_alert(page, "The file holds the weights of SqueezeNet 1.1, not of LeNet-5.")
    page.get_by_role("button", name="Use SqueezeNet 1.1").click()
    expect_title(page, "^SqueezeNet 1.1 sees: ")
