"""A server for one page on this machine alone, which ends when the reader has saved or gone.

It listens on the loopback address. Whoever speaks to it has to know the token in its address, which no other
page in the browser does; and the name in the request has to be this machine's, so that no other name that is
made to point here (DNS rebinding) gets an answer.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from threading import Event, Lock, Thread, Timer
from typing import Any

from vostut.errors import DataError

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")
GRACE = 4.0
"""Seconds after which a page that was left is not being loaded again."""
LOADING = 60.0
"""Seconds that a page may take to open on a busy machine."""

_PIECE = 2**16
_POLICY = (
    "default-src 'none'; script-src 'nonce-{}'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class MarkServer(ThreadingHTTPServer):
    """Serves a page and its picture, and takes what the page sends.

    Args:
        page: gives the HTML, from the nonce that lets its script run.
        picture: the frame, a JPEG.
        save: takes the mask's bytes and gives the answer to the page; a DataError is told to the page, which
            can then send another mask.
        most: bytes that a mask may have.
        port: to listen on; 0 for any that is free.

    Attributes:
        url: where the page is.
        saved: whether the page has saved.

    Raises:
        OSError: the port is in use, or reserved.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let another program listen as well

    def __init__(
        self,
        page: Callable[[str], str],
        picture: bytes,
        save: Callable[[bytes], str],
        most: int,
        port: int = 0,
    ):
        self.page, self.picture, self.save, self.most = page, picture, save, most
        self.token = secrets.token_urlsafe(24)
        self.saved = False
        self.lock = Lock()
        self._finished = Event()
        self._open: set[bytes] = set()
        self._left: set[bytes] = set()
        self._loading = False
        self._timer: Timer | None = None
        super().__init__((ADDRESS, port), _Handler)
        self.url = f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers drop connections as they like; anything else is an error to be seen."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def wait(self) -> bool:
        """Serve until the page has saved (True), or was closed (False)."""
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        try:
            while not self._finished.wait(0.5):  # in pieces, or Ctrl+C has no effect on some systems
                pass
        finally:
            self.shutdown()
            self.server_close()
        return self.saved

    def finish(self) -> None:
        """The page has done what it is there for."""
        self._finished.set()

    def arrive(self, page: bytes | None = None) -> None:
        """A page is open, or (None) one is loading."""
        with self.lock:
            if page in self._left:
                return
            if self._timer:
                self._timer.cancel()
            self._loading = page is None
            if page:
                self._open.add(page)

    def leave(self, page: bytes) -> None:
        """A page was left; some time after the last was, all is over.

        What it had to say on its opening may arrive later than this.
        """
        with self.lock:
            self._open.discard(page)
            self._left.add(page)
            if self._timer:
                self._timer.cancel()
            if not self._open:
                self._timer = Timer(LOADING if self._loading else GRACE, self.finish)
                self._timer.daemon = True
                self._timer.start()


class _Handler(BaseHTTPRequestHandler):
    server: MarkServer
    timeout = 30
    server_version, sys_version = "vostut", ""

    def do_GET(self) -> None:
        what = self._asked()
        if what == "" and not self.path.endswith("/"):
            self._answer(HTTPStatus.MOVED_PERMANENTLY, b"", "text/plain", {"Location": f"{self.path}/"})
        elif what == "":
            self.server.arrive()
            nonce = secrets.token_urlsafe(16)
            policy = {"Content-Security-Policy": _POLICY.format(nonce)}
            self._answer(HTTPStatus.OK, self.server.page(nonce).encode(), "text/html; charset=utf-8", policy)
        elif what == "frame.jpg":
            self._answer(HTTPStatus.OK, self.server.picture, "image/jpeg")
        elif what is not None:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def do_POST(self) -> None:
        what = self._asked()
        if what is None or (body := self._body()) is None:
            return
        if what == "save":
            self._save(body)
        elif what == "cancel":
            self._say(HTTPStatus.OK, "The command ends.")
            self.server.finish()
        elif what in ("here", "left"):
            (self.server.arrive if what == "here" else self.server.leave)(body)
            self._say(HTTPStatus.OK, "Thank you.")
        else:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _asked(self) -> str | None:
        """What is asked for behind the token; None if the request was refused."""
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin")
        name = host.rpartition(":")[0] or host
        if name not in NAMES or (origin is not None and origin != f"http://{host}"):
            self._refuse(HTTPStatus.FORBIDDEN, f"Not from there (expected a page at http://{ADDRESS}).")
            return None
        _, token, *rest = (self.path + "/").split("/", 2)
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(
                HTTPStatus.FORBIDDEN, "Not this address (expected the one that the command has printed)."
            )
            return None
        return rest[0].removesuffix("/")

    def _body(self) -> bytes | None:
        """What was sent; None if the request was refused."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "How long is it? (expected a Content-Length)")
            return None
        if len(length) > 12 or int(length) > self.server.most:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The mask has too many small pieces to be sent (expected at most {self.server.most} bytes).",
            )
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self._refuse(HTTPStatus.BAD_REQUEST, "What was sent is cut short.")
            return None
        return body

    def _save(self, body: bytes) -> None:
        with self.server.lock:
            if self.server.saved:
                self._say(HTTPStatus.CONFLICT, "It is saved already.")
                return
            try:
                answer = self.server.save(body)
            except DataError as error:
                self._say(HTTPStatus.BAD_REQUEST, f"Not saved: {error}.")
                return
            self.server.saved = True
        try:
            self._answer(HTTPStatus.OK, answer.encode(), "application/json")
        finally:
            self.server.finish()

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        """Answer before all was read; closed at once, the connection would take the answer with it."""
        self._say(status, text)
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(1)
        with suppress(OSError):
            for _ in range(self.server.most // _PIECE * 4):
                if not self.connection.recv(_PIECE):
                    break

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._answer(status, text.encode(), "text/plain; charset=utf-8")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            **(more or {}),
        }
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *values: Any) -> None:
        """Requests are nobody's business: the terminal shows what the command has to say."""
