"""Requests whose head has no end: refused before they fill memory.

The parser puts a value together piece by piece, each time anew: a stranger who sends one header of 200 MB
would keep the event loop busy for a minute. uvicorn bounds the head for its slower parser only.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 65_536
"""Bytes of address and headers together, beyond what comes in one piece with the end of the head."""


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a head that goes on and on, and on trailers that do."""

    _in_head = False
    _bytes_of_head = 0

    def data_received(self, data: bytes) -> None:
        """Read what came, and refuse to read on where the head should have ended by now."""
        super().data_received(data)
        if self._in_head:
            self._bytes_of_head += len(data)
            if self._bytes_of_head > LARGEST_HEAD:
                self._in_head = False
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._bytes_of_head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The empty line."""
        self._in_head = False
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """The size of a chunk: after the last of them come trailers."""
        self._in_head, self._bytes_of_head = True, 0

    def on_body(self, body: bytes) -> None:
        """Part of the body: whatever is read is none of the head."""
        self._in_head = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._in_head = False
        super().on_message_complete()
