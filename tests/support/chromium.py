"""
A headless Chromium, told what to do through its DevTools pipe: no script runs in the pages.

Messages are JSON texts that end with a zero byte, to file descriptor 3 and from 4 (Chromium,
"--remote-debugging-pipe"; the commands are those of the Chrome DevTools Protocol).
"""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import pytest


NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = f"no browser found: install one of {', '.join(NAMES)}"
#: How long one answer may take before a test fails.
PATIENCE_SECONDS = 60
#: The browser reads from 3 and writes to 4; it starts with nothing else of ours open.
_START = """
import os, sys
read, write = map(int, sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


def binary() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of the browser, in which scripts are switched off."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        self._do("Page.enable")
        self._do("Emulation.setScriptExecutionDisabled", value=True)

    def size(self, width: int, height: int = 900) -> None:
        self._do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def colours(self, scheme: str) -> None:
        """What the person prefers: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._do("Emulation.setEmulatedMedia", features=features)

    def go(self, address: str) -> None:
        self._browser.forget()
        found = self._do("Page.navigate", url=address)
        assert not found.get("errorText"), found
        self._browser.wait("Page.loadEventFired")

    def address(self) -> str:
        history = self._do("Page.getNavigationHistory")
        return str(history["entries"][history["currentIndex"]]["url"])

    def type_into(self, selector: str, text: str) -> None:
        """As somebody types it."""
        self._do("DOM.focus", nodeId=self._node(selector))
        self._do("Input.insertText", text=text)

    def press_enter(self) -> None:
        """And send the form."""
        self._browser.forget()
        self._press("\r", "Enter", 13)
        self._browser.wait("Page.loadEventFired")

    def press_enter_on(self, selector: str) -> None:
        """Of what opens and closes."""
        self._do("DOM.focus", nodeId=self._node(selector))
        self._press("\r", "Enter", 13)

    def click(self, selector: str) -> None:
        """On what leads to another page."""
        self._do("DOM.scrollIntoViewIfNeeded", nodeId=self._node(selector))
        left, top, right, bottom = self.box(selector)
        self._browser.forget()
        for kind in ("mousePressed", "mouseReleased"):
            self._do(
                "Input.dispatchMouseEvent",
                type=kind,
                x=(left + right) // 2,
                y=(top + bottom) // 2,
                button="left",
                clickCount=1,
            )
        self._browser.wait("Page.loadEventFired")

    def _press(self, text: str, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self._do(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=text,
            )

    def content_size(self) -> tuple[int, int]:
        """How wide and high all of it is, in the pixels of the style sheet."""
        size = self._do("Page.getLayoutMetrics")["cssContentSize"]
        return int(size["width"]), int(size["height"])

    def box(self, selector: str) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what the selector finds first."""
        quad = self._do("DOM.getBoxModel", nodeId=self._node(selector))["model"]["border"]
        return int(quad[0]), int(quad[1]), int(quad[4]), int(quad[5])

    def names(self) -> list[tuple[str, str]]:
        """What a screen reader tells: roles and names."""
        tree = self._do("Accessibility.getFullAXTree")["nodes"]
        return [
            (node.get("role", {}).get("value", ""), node.get("name", {}).get("value", ""))
            for node in tree
            if not node.get("ignored")
        ]

    def screenshot(self, scale: float = 1.0) -> bytes:
        """All of the page as a PNG."""
        width, height = self.content_size()
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        found = self._do("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(found["data"])

    def _node(self, selector: str) -> int:
        root = self._do("DOM.getDocument")["root"]["nodeId"]
        node = int(self._do("DOM.querySelector", nodeId=root, selector=selector)["nodeId"])
        assert node, f"nothing is {selector}"
        return node

    def _do(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._browser.do(method, parameters, self._session)


class Browser:
    """The process, and the pipe to it."""

    def __init__(self, program: str, folder: str) -> None:
        from_us, self._write = os.pipe()
        self._read, to_us = os.pipe()
        command = [program, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, str(from_us), str(to_us), *command],
                pass_fds=(from_us, to_us),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(from_us)
            os.close(to_us)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._events: list[str] = []

    def page(self) -> Page:
        target = self.do("Target.createTarget", {"url": "about:blank"})["targetId"]
        attach = {"targetId": target, "flatten": True}
        return Page(self, str(self.do("Target.attachToTarget", attach)["sessionId"]))

    def do(self, method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self._next(deadline)).get("id") != number:
            pass
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def forget(self) -> None:
        """Whatever happened until now is not waited for."""
        self._events.clear()

    def wait(self, event: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while event not in self._events:
            self._next(deadline)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)
        os.close(self._read)
        os.close(self._write)

    def _next(self, deadline: float) -> dict[str, Any]:
        """The next message; events are noted by name."""
        while b"\0" not in self._rest:
            left = max(deadline - time.monotonic(), 0)
            ready, _, _ = select.select([self._read], [], [], left)
            assert ready, "the browser does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, "the browser ended"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(str(message["method"]))
        return message


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A fresh browser; where there is none the test is skipped, and fails under CI."""
    program = binary()
    if program is None and os.environ.get("CI"):
        pytest.fail(HOW_TO_GET_ONE)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        opened = Browser(program, folder)
        try:
            yield opened
        finally:
            opened.close()
