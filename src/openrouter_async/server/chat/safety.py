"""The checks before every route: who may call, the size and speed of a request, and the headers of every response.

Every page that the user's browser has open can reach a local server that spends the user's money. So the server
checks its name in the request, since a page can let its own name point here (DNS rebinding); a change must come from
a page of this server, and as JSON, which a form of another site cannot send; no cookie is used; and no header lets
another site read a response. The size, number and duration of each client's requests are limited.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers, MutableHeaders

from ..._checks import host_of, is_this_machine
from ...errors import ConfigurationError, OpenRouterError
from ..relays.failures import WebError, error_response
from ..relays.response import KEEPS_TIME

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["TOKEN_LENGTH", "Guard", "check_access", "check_token"]

LOGGER = logging.getLogger("openrouter_async")

TOKEN_LENGTH = 16
"""The minimum length of a token, so it cannot be guessed."""

OPEN_PATHS = re.compile(r"/?|/assets/.*|/healthz")
"""The paths that need no token: the page, which has to ask for it, and whether the server is there."""

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_DISCARDED = 64 * 1024 * 1024
"""Bytes beyond the limit that are read and dropped: a client that still sends would not see why it is refused."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def check_token(token: str) -> str:
    """Return a token that can be sent as a header and cannot be guessed.

    Raises:
        ConfigurationError: it is neither. The token is not shown.
    """
    if not isinstance(token, str) or len(token) < TOKEN_LENGTH or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigurationError(
            f"the token is not a text of at least {TOKEN_LENGTH} ASCII characters without blanks; take one from"
            " secrets.token_urlsafe()"
        )
    return token


def check_access(token: str | None, hosts: Collection[str]) -> None:
    """Check who may reach the router: under a name that others can use, nobody without a token.

    Raises:
        ConfigurationError: a host is not a name, the token is too weak, or none is given where one is needed.
    """
    if isinstance(hosts, str) or any("/" in host or "*" in host for host in hosts):
        raise ConfigurationError(
            f"allowed_hosts is {hosts!r}; expected a list of names such as 'chat.example.com'"
        )
    if token is not None:
        check_token(token)
    elif open_to := sorted(host for host in hosts if not is_this_machine(host)):
        raise ConfigurationError(
            f"allowed_hosts has {open_to[0]!r}, under which others can spend the account's money; give token= as well"
        )


class Guard:
    """Middleware around the whole of the router."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None,
        allowed_hosts: Collection[str],
        allowed_origins: Collection[str],
        max_body_bytes: int,
        max_conversation_bytes: int,
        body_timeout: float,
        write_timeout: float,
    ) -> None:
        self._app = app
        self._token = None if token is None else token.encode()
        self._hosts = frozenset(host.lower() for host in allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)
        self._max_body_bytes = max_body_bytes
        self._max_conversation_bytes = max(max_conversation_bytes, max_body_bytes)
        self._body_timeout = body_timeout
        self._write_timeout = write_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        out = _Answer(scope, send, self._write_timeout)
        try:
            self._check(scope)
            if scope["method"] in _WITH_BODY:
                receive = _replay(await self._read_body(scope, receive), receive)
            await self._app(scope, receive, out)
        except _TakesNothing:
            LOGGER.debug("a client read nothing for %g s, and was disconnected", self._write_timeout)
        except Exception as error:
            if not isinstance(error, WebError | OpenRouterError):
                LOGGER.exception("a request could not be answered")
            if out.has_started:
                raise
            await error_response(error, path=scope["path"])(scope, receive, out)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or not self._is_allowed_host(host[0], scope):
            raise WebError(403, "this server does not answer to that Host", kind="ForbiddenHost")
        if scope["method"] not in _READING:
            self._check_origin(headers, host[0])
        if scope["method"] in _WITH_BODY:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise WebError(415, "the Content-Type must be application/json", kind="UnsupportedMediaType")
        if self._token is not None and not OPEN_PATHS.fullmatch(_path(scope)):
            self._check_token(headers)

    def _is_allowed_host(self, host: str, scope: Scope) -> bool:
        name = host_of(host)
        if name is None:
            return False
        name = name.removesuffix(".")
        if is_this_machine(name) or name in self._hosts:
            return True
        # The address that was called is no name that could have been made to point here.
        address, _ = scope.get("server") or ("", None)
        return self._token is not None and name.strip("[]") == address

    def _check_origin(self, headers: Headers, host: str) -> None:
        origin = headers.get("origin")
        if origin is None:
            # Browsers send an origin with whatever changes something; a cookie without one is odd enough.
            # OpenRouter's own client for TypeScript sends an empty one.
            if headers.get("cookie"):
                raise WebError(403, "a request with cookies must say its Origin", kind="ForbiddenOrigin")
            return
        own = {f"{scheme}://{host}".lower() for scheme in ("http", "https")}
        if origin.lower() not in own | self._origins:
            raise WebError(403, "requests from that Origin are not allowed", kind="ForbiddenOrigin")

    def _check_token(self, headers: Headers) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if not given and (key := headers.get("x-api-key")):  # as clients of Messages send it
            scheme, given = "bearer", key
        assert self._token is not None  # only asked then
        is_right = hmac.compare_digest(given.strip().encode(), self._token)
        if scheme.lower() != "bearer" or not is_right:
            raise WebError(
                401,
                "this server needs its token, as 'Authorization: Bearer TOKEN'",
                kind="TokenRequired",
                headers={"www-authenticate": "Bearer"},
            )

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        is_stored = _path(scope).startswith("/api/conversations/")
        limit = self._max_conversation_bytes if is_stored else self._max_body_bytes
        body = bytearray()
        size = 0
        with anyio.move_on_after(self._body_timeout):
            while size <= limit + _DISCARDED:
                message = await receive()
                if message["type"] != "http.request":
                    raise WebError(400, "the client went away", kind="ClientGone")
                piece = message.get("body", b"")
                size += len(piece)
                if size <= limit:
                    body += piece
                if not message.get("more_body", False):
                    if size <= limit:
                        return bytes(body)
                    break
        closing = {"connection": "close"}
        if size > limit:
            told = f"the body is larger than {limit} bytes"
            raise WebError(413, told, kind="PayloadTooLarge", headers=closing)
        told = f"the body did not come within {self._body_timeout:g} s"
        raise WebError(408, told, kind="BodyTooSlow", headers=closing)


def _path(scope: Scope) -> str:
    """Return the path below where the router is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns a body that was already read, and then the rest."""
    is_given = False

    async def replaying() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


class _TakesNothing(OSError):
    """The client does not read its answer; to whoever writes it has gone, as any connection that broke."""


class _Answer:
    """A `send` that adds the headers of every response, and disconnects a client that reads nothing.

    A relay does the latter itself, with one clock for all its events.
    """

    def __init__(self, scope: Scope, send: Send, write_timeout: float) -> None:
        self.has_started = False
        self._scope = scope
        self._send = send
        self._write_timeout = write_timeout

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        if self._scope.get(KEEPS_TIME):
            await self._send(message)
            return
        try:
            with anyio.fail_after(self._write_timeout):
                await self._send(message)
        except TimeoutError as error:
            raise _TakesNothing from error
