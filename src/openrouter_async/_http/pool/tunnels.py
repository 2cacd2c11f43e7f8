"""The dialogue with a proxy before it provides a connection: CONNECT, or the handshake of SOCKS5.

The proxy resolves names. A refusal of the proxy is a `ProxyFailure`; the streams' own errors pass unchanged, and mean
that it failed.
"""

from __future__ import annotations

from base64 import b64encode

from ..._extras import needs_extra
from ..library import httpcore, httpx
from ..network.stream import CallStream
from .proxies import ProxyFailure, name_of

__all__ = ["authorization", "connect", "refusal", "socks5"]

PASSWORD_ADVICE = "give them in the proxy's URL, as in 'user:password@host:3128'"
PASSING = frozenset({408, 429})
"""Statuses below 500 after which a proxy may be asked again: RFC 9110, section 15.5.9, and RFC 6585, section 4."""


def authorization(proxy: httpx.Proxy) -> list[tuple[bytes, bytes]]:
    """Return the header that tells an HTTP proxy user and password, if it has any, and further ones it was given."""
    headers = list(proxy.headers.raw)
    if proxy.raw_auth is not None:
        headers.append((b"Proxy-Authorization", b"Basic " + b64encode(b":".join(proxy.raw_auth))))
    return headers


def refusal(proxy: httpx.Proxy, status: int, reason: bytes, host: str) -> ProxyFailure:
    """Return what it means that an HTTP proxy answered with a status of its own."""
    name = name_of(proxy)
    said = f"{status} {reason.decode('latin-1')[:100]}".strip()
    if status == 407 and proxy.raw_auth is None:
        text = f"the proxy {name} wants a user name and a password ({said}); {PASSWORD_ADVICE}"
    elif status == 407:
        text = f"the proxy {name} does not accept the user name and password of its URL ({said})"
    else:
        text = f"the proxy {name} refused a connection to {host}: {said}"
    return ProxyFailure(text, proxy=name, status=status, refused=status < 500 and status not in PASSING)


async def connect(stream: CallStream, proxy: httpx.Proxy, host: bytes, port: int) -> None:
    """Ask an HTTP proxy for a tunnel.

    Raises:
        ProxyFailure: it refuses.
        httpcore.NetworkError: it closed the connection.
        httpcore.ProtocolError: it does not speak HTTP.
    """
    # The authority form, without scheme or path: RFC 9110, section 9.3.6, and RFC 9112, section 3.2.3.
    target = b"%b:%d" % (b"[%b]" % host if b":" in host else host, port)
    # Only `target` of this URL is sent.
    url = httpcore.URL(scheme=b"http", host=proxy.url.raw_host, port=proxy.url.port, target=target)
    http = httpcore.AsyncHTTP11Connection(url.origin, stream)
    answer = await http.handle_async_request(
        httpcore.Request("CONNECT", url, headers=[(b"Host", target), *authorization(proxy)])
    )
    if not 200 <= answer.status < 300:  # any 2xx opens the tunnel: RFC 9110, section 9.3.6
        raise refusal(proxy, answer.status, answer.extensions.get("reason_phrase", b""), host.decode("ascii"))
    if _trailing_data(http):
        raise httpcore.RemoteProtocolError("bytes follow the answer to CONNECT, where nothing was asked yet")


def _trailing_data(http: httpcore.AsyncHTTP11Connection) -> bool:
    """Whether bytes came in one packet with the end of an answer.

    httpcore has no public word for it, so this is the one look at its insides. Where they have changed the answer
    is yes: no tunnel would be used then, and a test fails.
    """
    parser = getattr(http, "_h11_state", None)
    return bool(getattr(parser, "trailing_data", (b"unknown", False))[0])


async def socks5(stream: CallStream, proxy: httpx.Proxy, host: bytes, port: int) -> None:
    """Ask a SOCKS5 proxy for a connection (RFC 1928), with user and password if it requires them (RFC 1929).

    Raises:
        ProxyFailure: it refuses.
        httpcore.NetworkError: it closed the connection.
        httpcore.ProtocolError: it does not speak SOCKS5.
    """
    with needs_extra("socks", f"a proxy of the scheme {proxy.url.scheme!r}"):
        import socksio
        from socksio import socks5 as protocol

    name, methods = name_of(proxy), protocol.SOCKS5AuthMethod
    offered = [methods.NO_AUTH_REQUIRED] + ([methods.USERNAME_PASSWORD] if proxy.raw_auth else [])
    try:
        await stream.write(protocol.SOCKS5AuthMethodsRequest(offered).dumps())
        chosen = protocol.SOCKS5AuthReply.loads(_version_5(await _exactly(stream, 2))).method
        if chosen not in offered:
            said = (
                f"wants a user name and a password; {PASSWORD_ADVICE}"
                if proxy.raw_auth is None
                else "takes no user name and password, as its URL has them"
            )
            raise ProxyFailure(f"the proxy {name} {said}", proxy=name, refused=True)
        if chosen == methods.USERNAME_PASSWORD and proxy.raw_auth is not None:
            await stream.write(protocol.SOCKS5UsernamePasswordRequest(*proxy.raw_auth).dumps())
            if not protocol.SOCKS5UsernamePasswordReply.loads(await _exactly(stream, 2)).success:
                raise ProxyFailure(
                    f"the proxy {name} does not accept the user name and password of its URL",
                    proxy=name,
                    refused=True,
                )
        asked = protocol.SOCKS5CommandRequest.from_address(protocol.SOCKS5Command.CONNECT, (host, port))
        await stream.write(asked.dumps())
        code = _version_5(await _exactly(stream, 2))[1]
        if code:
            raise ProxyFailure(
                f"the proxy {name} refused a connection to {host.decode('ascii')}:"
                f" {_SOCKS5_CODES.get(code, f'code {code} of SOCKS5')}",
                proxy=name,
                status=code,
                refused=code in _SOCKS5_REFUSALS,
            )
        # The address that the proxy speaks from: an IPv4 or IPv6 address, or a name; and a port.
        kind = (await _exactly(stream, 2))[1]
        size = _SOCKS5_SIZES.get(kind)
        await _exactly(stream, 2 + ((await _exactly(stream, 1))[0] if size is None else size))
    except socksio.ProtocolError as error:
        raise httpcore.RemoteProtocolError(str(error)) from error


# The replies of RFC 1928, section 6, and the lengths of its addresses, section 5.
_SOCKS5_CODES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "it does not know the command",
    8: "it does not know this kind of address",
}
_SOCKS5_REFUSALS = frozenset({2, 7, 8})
_SOCKS5_SIZES = {1: 4, 4: 16}


def _version_5(data: bytes) -> bytes:
    if data[:1] != b"\x05":
        raise httpcore.RemoteProtocolError("the answer is none of SOCKS5")
    return data


async def _exactly(stream: CallStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await stream.read(size - len(data))
        if not piece:
            raise httpcore.ReadError("it closed the connection")
        data += piece
    return data
