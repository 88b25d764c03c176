"""``vostut mark`` running beside a test, which then is the browser, or drives one."""

from __future__ import annotations

import http.client
import threading
from urllib.parse import urlsplit

from vostut.cli import main
from vostut.cli import mark as command
from vostut.plot.embed import encode_runs


class Marking:
    """The command in a thread: ``url`` is where its page is, ``end()`` its exit code when it has ended."""

    def __init__(self, monkeypatch, *arguments):
        self.url, self.code, known = "", None, threading.Event()

        def opened(url):
            self.url = url
            known.set()

        def run():
            self.code = main(["mark", *map(str, arguments)])
            known.set()

        monkeypatch.setattr(command, "_open_browser", opened)
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert known.wait(60)

    def end(self):
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.code

    def ask(self, what="", body=None, *, path=None, **headers):
        """(status, text) of what the server answers; a body makes it a POST."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        method, where = ("GET" if body is None else "POST"), path or parts.path + what
        connection.request(method, where, body, {name.replace("_", "-"): to for name, to in headers.items()})
        answer = connection.getresponse()
        self.headers = answer.headers
        return answer.status, answer.read().decode("utf-8", "replace")


def runs(ids):
    """A mask as the page sends it."""
    import base64

    return base64.b64decode(encode_runs(ids))
