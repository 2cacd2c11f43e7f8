"""Where a redirect leads, for the few operations whose row says that they are redirected (RFC 9110, 15.4).

Only a path below the base URL is followed, so the key never reaches another host.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit

if TYPE_CHECKING:
    from .request import RequestData

__all__ = ["redirected"]

_REDIRECTS = frozenset({301, 302, 307, 308})


def redirected(data: RequestData, base_url: str, status: int, location: str | None) -> RequestData | None:
    """Return the request that an answer asks for in place of `data`, which is not redirected again.

    None where the operation is not one of those, the status is not a redirect, or it points elsewhere.
    """
    if not data.operation.is_redirected or status not in _REDIRECTS or not location:
        return None
    try:
        target = urlsplit(urljoin(base_url + data.path, location))
    except ValueError:
        return None
    base = urlsplit(base_url)
    path = target.path.removeprefix(base.path)
    is_below = target.path.startswith(f"{base.path}/") and ".." not in path.split("/")
    if not is_below or (target.scheme, target.netloc) != (base.scheme, base.netloc):
        return None
    operation = data.operation._replace(is_redirected=False)
    return replace(data, operation=operation, path=path, query=tuple(parse_qsl(target.query)))
