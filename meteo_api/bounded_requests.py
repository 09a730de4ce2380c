"""Connections that would fill memory: heads without an end, and requests without waiting for answers.

The parser puts a value together piece by piece, each time anew: a stranger who sends one header of 200 MB
would keep the event loop busy for a minute. uvicorn bounds the head for its slower parser only. And it reads
on with every answer, however many requests wait: a client that never reads could have it hold a million.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 65_536
"""Bytes of address and headers together, beyond the piece that they begin in."""
MOST_QUEUED: Final = 100
"""Requests of one connection that wait for the answer to the one before."""
_JUST_BEGUN: Final = -1


class BoundedRequests(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on such heads and trailers, and on who asks too much at once."""

    _in_head = False
    _bytes_of_head = 0

    def data_received(self, data: bytes) -> None:
        """Read what came, and refuse to read on where the head should have ended by now."""
        super().data_received(data)
        if not self._in_head:
            return
        if self._bytes_of_head == _JUST_BEGUN:
            # Most of the piece may belong to requests before this one.
            self._bytes_of_head = 0
        else:
            self._bytes_of_head += len(data)
            if self._bytes_of_head > LARGEST_HEAD:
                self._in_head = False
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._bytes_of_head = True, _JUST_BEGUN
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The empty line."""
        self._in_head = False
        if len(self.pipeline) >= MOST_QUEUED:
            self.transport.abort()
        else:
            super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """The size of a chunk: after the last of them come trailers."""
        self._in_head, self._bytes_of_head = True, _JUST_BEGUN

    def on_body(self, body: bytes) -> None:
        """Part of the body: whatever is read is none of the head."""
        self._in_head = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._in_head = False
        super().on_message_complete()
