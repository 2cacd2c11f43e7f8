"""What only streams of trio do."""

from __future__ import annotations

import os
import socket

import trio

from openrouter_async._http.network.on_trio import TrioNetwork, TrioStream


def test_a_stream_can_be_aborted_after_trio_has_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def connect() -> TrioStream:
            return await TrioNetwork().connect("127.0.0.1", listener.getsockname()[1])

        stream = trio.run(connect)
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(20)
            stream.abort()
            assert accepted.recv(1) == b""
        os.close(stream.get_extra_info("socket").detach())
