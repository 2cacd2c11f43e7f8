"""`Route`: how connections to an origin are made, directly or through a proxy.

All of it is connecting: nothing of a request is sent, so whatever fails here may be tried again, and costs nothing.
"""

from __future__ import annotations

import ssl

from ..http11.request import Forwarding
from ..library import httpcore, httpx
from ..network.names import Names, Progress
from ..network.stream import CallStream
from .proxies import DEFAULT_PORTS, ProxyFailure, name_of
from .tls import TLSSettings, is_tls_failure

__all__ = ["Route"]


class Route:
    """The way to one origin."""

    __slots__ = ("forwarding", "is_secure", "origin", "proxy", "through")

    def __init__(self, url: httpx.URL, proxy: httpx.Proxy | None) -> None:
        if url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"the URL has the scheme {url.scheme!r}; expected https or http")
        self.is_secure = url.scheme == "https"
        self.origin = httpcore.Origin(
            url.raw_scheme, url.raw_host, url.port or (443 if self.is_secure else 80)
        )
        self.proxy = proxy
        self.through = "" if proxy is None else f", through the proxy {name_of(proxy)},"
        """What messages say after the name of the host."""
        self.forwarding: Forwarding | None = None
        """How requests differ that an HTTP proxy reads and sends on, as it does those that are not encrypted."""
        if proxy is not None and proxy.url.scheme in ("http", "https") and not self.is_secure:
            from . import tunnels

            # A proxy is asked by the absolute form of the target: RFC 9112, section 3.2.2.
            self.forwarding = Forwarding(b"http://" + url.netloc, tunnels.authorization(proxy))

    async def open(self, names: Names, tls: TLSSettings, progress: Progress) -> CallStream:
        """Return a stream for HTTP with the origin, or with its proxy if that forwards.

        Raises:
            httpcore.ConnectError: no address, no answer, no TLS, no file descriptor; the reason is its cause.
            ProxyFailure: the same for the proxy, or it opens no connection to the origin.
        """
        host = self.origin.host.decode("ascii")
        context = await tls.get() if self.is_secure else None
        if self.proxy is None:
            stream = await names.connect(host, self.origin.port, host, progress)
        else:
            stream = await self._through(self.proxy, names, tls, progress)
        if context is not None:
            progress.waits_for = f"the TLS handshake with {host}{self.through}"
            try:
                await _secure(stream, context, host)
            except httpcore.ConnectError as error:
                if self.proxy is None or is_tls_failure(error):
                    raise
                raise _failure(self.proxy, f"broke off the TLS handshake with {host}") from error
        return stream

    async def _through(
        self, proxy: httpx.Proxy, names: Names, tls: TLSSettings, progress: Progress
    ) -> CallStream:
        from . import tunnels

        name, url = name_of(proxy), proxy.url
        try:
            host = url.raw_host.decode("ascii")
            port = url.port or DEFAULT_PORTS[url.scheme]
            context = proxy.ssl_context or await tls.get() if url.scheme == "https" else None
            stream = await names.connect(host, port, f"the proxy {name}", progress)
            if context is not None:
                progress.waits_for = f"the TLS handshake with the proxy {name}"
                await _secure(stream, context, host)
        except httpcore.ConnectError as error:
            raise ProxyFailure(f"no connection to the proxy {name}", proxy=name) from error
        if self.forwarding is None:
            progress.waits_for = f"an answer of the proxy {name}"
            tunnel = tunnels.socks5 if url.scheme.startswith("socks5") else tunnels.connect
            try:
                await tunnel(stream, proxy, self.origin.host, self.origin.port)
            except httpcore.ProtocolError as error:
                stream.abort()
                speaks = "SOCKS5" if tunnel is tunnels.socks5 else "HTTP"
                raise _failure(proxy, f"speaks no {speaks}, or broke off its answer: {error}") from error
            except httpcore.NetworkError as error:
                stream.abort()
                raise _failure(proxy, "closed the connection before it gave one to the service") from error
            except BaseException:
                stream.abort()
                raise
        return stream


def _failure(proxy: httpx.Proxy, what: str) -> ProxyFailure:
    name = name_of(proxy)
    return ProxyFailure(f"the proxy {name} {what}", proxy=name)


async def _secure(stream: CallStream, context: ssl.SSLContext, host: str) -> None:
    try:
        await stream.start_tls(context, host)
    except BaseException:
        stream.abort()
        raise
