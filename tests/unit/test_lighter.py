"""Streamlit with less to do: what it says stays the same."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import Runtime, app_session

from explorer.ui.lighter import _at_once_on_the_loop, _once, _without_lock

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar", "theme.dark.sidebar")


def test_every_setting_is_read_as_it_is_and_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    read = _without_lock(config.get_option)
    options = config.get_config_options()
    assert len(options) > 100
    expected = {key: config.get_option(key) for key in options}
    monkeypatch.setattr(config, "get_option", read)  # some are worked out of others
    with config._config_lock, ThreadPoolExecutor(1) as pool:  # held by this thread, so another one would wait
        found = pool.submit(lambda: {key: read(key) for key in options}).result(30)
    assert found == expected


def test_a_setting_that_there_is_not_is_refused_in_the_same_words() -> None:
    said = []
    for read in (config.get_option, _without_lock(config.get_option)):
        with pytest.raises(RuntimeError) as error:
            read("no.such")
        said.append(str(error.value))
    assert said[0] == said[1]


def test_colours_and_fonts_are_looked_for_once_and_said_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    get, asked = config.get_options_for_section, list[str]()

    def counted(section: str) -> dict[str, Any]:
        asked.append(section)
        return get(section)

    def themes() -> list[bytes]:
        messages = [CustomThemeConfig() for _ in SECTIONS]
        for message, section in zip(messages, SECTIONS, strict=True):
            app_session._populate_theme_msg(message, section)
        return [message.SerializeToString(deterministic=True) for message in messages]

    expected = themes()
    monkeypatch.setattr(config, "get_options_for_section", _once(counted))
    assert themes() == themes() == expected
    assert asked == [*SECTIONS]
    config.get_options_for_section("theme")["font"] = "another"  # what one run does with it, another does not see
    assert themes() == expected


def test_what_the_loop_itself_has_to_send_needs_no_waking() -> None:
    woken = list[Runtime]()
    enqueued = _at_once_on_the_loop(woken.append)

    async def said() -> None:
        objects = SimpleNamespace(eventloop=asyncio.get_running_loop(), need_send_data=asyncio.Event())
        runtime = cast(Runtime, SimpleNamespace(_get_async_objs=lambda: objects))
        enqueued(runtime)
        assert (objects.need_send_data.is_set(), woken) == (True, [])
        objects.need_send_data.clear()
        thread = threading.Thread(target=enqueued, args=(runtime,))
        thread.start()
        await asyncio.to_thread(thread.join)
        assert (objects.need_send_data.is_set(), woken) == (False, [runtime])

    asyncio.run(said())
