"""Which origin is reached through which proxy; calls through real ones are in `test_roads`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import httpx
import hypothesis
import pytest
from httpx._utils import URLPattern, get_environment_proxies
from hypothesis import strategies

from openrouter_async import AsyncOpenRouter
from openrouter_async._http.pool.proxies import Proxies, name_of
from openrouter_async.errors import ConfigurationError

ENVIRONMENTS = {
    "none": {},
    "https": {"HTTPS_PROXY": "http://proxy:3128"},
    "http": {"HTTP_PROXY": "http://proxy:3128"},
    "all": {"ALL_PROXY": "http://proxy:3128"},
    "lower case, no scheme": {"https_proxy": "proxy:3128"},
    "each its own": {"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2", "ALL_PROXY": "http://c:3"},
    "no domain": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "example.com, other.org"},
    "no subdomains": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": ".example.com"},
    "no port": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "example.com:8443"},
    "no address": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "10.0.0.1,2001:db8::1"},
    "nothing": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "other.org,*"},
    "empty entries": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": ",,example.com,"},
    "capitals": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "EXAMPLE.com"},
}
URLS = [
    "https://example.com",
    "http://example.com",
    "https://www.example.com",
    "https://wwwexample.com",
    "https://example.com:8443",
    "https://other.org/api/v1",
    "http://10.0.0.1",
    "http://10.0.0.0",
    "http://10.1.2.3:8080",
    "http://[2001:db8::1]",
]


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with mock.patch.dict(os.environ, {**kept, **settings}, clear=True):
        yield


@pytest.mark.parametrize("settings", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_what_httpx_reads_of_the_environment_means_the_same_to_us(settings: dict[str, str]) -> None:
    with environment(settings):
        ours = Proxies(None)
        patterns = sorted((URLPattern(key), proxy) for key, proxy in get_environment_proxies().items())
    for text in URLS:
        url = httpx.URL(text)
        expected = next((proxy for pattern, proxy in patterns if pattern.matches(url)), None)
        proxy = ours.of(url)
        assert (None if proxy is None else proxy.url) == (
            None if expected is None else httpx.URL(expected)
        ), text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "api.localhost"])
def test_this_machine_is_never_reached_through_a_proxy_of_the_environment(host: str) -> None:
    with environment({"ALL_PROXY": "http://proxy:3128"}):
        assert Proxies(None).of(httpx.URL(f"http://{host}:8000/")) is None
    given = Proxies("http://proxy:3128").of(httpx.URL(f"http://{host}:8000/"))
    assert given is not None


@pytest.mark.parametrize("written", [" http://p.example:1\n", '"http://p.example:1"', "'p.example:1' "])
def test_what_stands_around_a_proxy_is_not_part_of_it(written: str) -> None:
    proxy = Proxies(None, lambda: {"https": written, "http": '""'}).of(httpx.URL("https://a.example"))
    assert proxy is not None
    assert str(proxy.url) == "http://p.example:1"
    assert Proxies(None, lambda: {"https": '""'}).of(httpx.URL("https://a.example")) is None


def test_a_proxy_that_was_given_counts_alone() -> None:
    with environment({"ALL_PROXY": "http://other:1", "NO_PROXY": "*"}):
        proxy = Proxies("http://user:pass@proxy:3128").of(httpx.URL("https://example.com"))
    assert proxy is not None
    assert proxy.url.host == "proxy"
    assert proxy.auth == ("user", "pass")


@pytest.mark.parametrize("proxy", ["ftp://secret@proxy", "proxy:3128", ""])
def test_an_unusable_proxy_is_refused_without_showing_it(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected e\.g\. 'http://127\.0\.0\.1:3128'") as caught:
        Proxies(proxy)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("proxy", "name"),
    [
        ("http://proxy", "proxy:80"),
        ("https://me:secret@proxy", "proxy:443"),
        ("socks5://proxy", "proxy:1080"),
        ("socks5h://[2001:db8::1]", "[2001:db8::1]:1080"),
        ("http://proxy:3128", "proxy:3128"),
    ],
)
def test_a_proxy_without_a_port_has_that_of_its_scheme(proxy: str, name: str) -> None:
    assert name_of(httpx.Proxy(proxy)) == name


def test_a_socks_proxy_names_the_package_it_needs() -> None:
    with mock.patch("importlib.util.find_spec", return_value=None):
        with pytest.raises(ConfigurationError, match=r"pip install 'openrouter-async\[socks\]'"):
            Proxies("socks5://proxy:1080")
        with environment({"ALL_PROXY": "socks5://proxy:1080"}):
            proxies = Proxies(None)
            with pytest.raises(ConfigurationError, match="socks5"):
                proxies.of(httpx.URL("https://example.com"))


@pytest.mark.parametrize("auth", ["user:", "u" * 256 + ":p", "u:" + "p" * 256])
def test_what_socks_cannot_send_is_refused_without_showing_it(auth: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 255 bytes") as caught:
        Proxies(f"socks5://{auth}@proxy:1080")
    assert "ppp" not in str(caught.value)


def bypassed(entries: str, url: str) -> bool:
    with environment({"ALL_PROXY": "http://proxy:3128", "NO_PROXY": entries}):
        return Proxies(None).of(httpx.URL(url)) is None


@pytest.mark.parametrize(
    ("entries", "urls", "others"),
    [
        ("example.com", ["https://example.com", "https://a.b.EXAMPLE.com."], ["https://anexample.com"]),
        ("example.com.", ["https://example.com"], ["https://example.com.org"]),
        ("*.corp.example", ["https://a.corp.example"], ["https://corp.example", "https://xcorp.example"]),
        (".svc,.cluster.local", ["http://a.svc", "http://b.c.cluster.local"], ["http://svc.example"]),
        ("one.test two.test\tthree.test", ["http://one.test", "http://three.test"], ["http://four.test"]),
        (",, ,one.test,", ["http://one.test"], ["http://two.test"]),
        ("example.com:443", ["https://example.com"], ["http://example.com", "https://example.com:8443"]),
        ("http://example.com", ["http://example.com"], ["https://example.com"]),
        ("https://example.com/", ["https://example.com"], ["http://example.com"]),
        (
            "bücher.example",
            ["https://bücher.example", "https://xn--bcher-kva.example"],
            ["https://b.example"],
        ),
        ("my_host", ["http://my_host"], ["http://other_host"]),
        ("10.0.0.1", ["http://10.0.0.1:8080"], ["http://10.0.0.10", "http://10.0.0.1.example"]),
        ("10.0.0.1:8080", ["http://10.0.0.1:8080"], ["http://10.0.0.1"]),
        ("10.0.0.0/8", ["http://10.200.3.4"], ["http://11.0.0.1", "http://ten.example"]),
        ("10.9.9.9/8", ["http://10.200.3.4"], ["http://11.0.0.1"]),
        ("2001:db8::1", ["http://[2001:db8::1]", "http://[2001:DB8:0::1]:9"], ["http://[2001:db8::2]"]),
        ("[2001:db8::1]", ["http://[2001:db8::1]"], ["http://[2001:db8::2]"]),
        ("[2001:db8::1]:9", ["http://[2001:db8::1]:9"], ["http://[2001:db8::1]"]),
        ("fd07:b51a:cc66:f0::/64", ["http://[fd07:b51a:cc66:f0::7]"], ["http://[fd07:b51a:cc66:f1::7]"]),
        ("[fd00::]/8", ["http://[fd12::1]"], ["http://[fe80::1]"]),
        ("::ffff:10.0.0.1", ["http://10.0.0.1", "http://[::ffff:10.0.0.1]"], ["http://10.0.0.2"]),
        ("fe80::1%eth0", ["http://[fe80::1]"], ["http://[fe80::2]"]),
        ("*", ["http://example.com"], []),
    ],
)
def test_who_is_reached_without_a_proxy(entries: str, urls: list[str], others: list[str]) -> None:
    assert [url for url in urls if not bypassed(entries, url)] == []
    assert [url for url in others if bypassed(entries, url)] == []


@pytest.mark.parametrize(
    "entry",
    [
        "host.example:*",
        "host.example:https",
        "https://host.example:99999",
        "host.example:0",
        "<local>",
        "192.168.*.*",
        "http://[::1",
        "[::1",
        "::1]",
        "[]",
        "10.0.0.0/99",
        "fd00::/129",
        "a..b",
        ".",
        "ftp://host.example",
        "host.example/path",
        "user:secret@host.example",
        "1:2:3",
        "x" * 300 + "!",
        "\x00",
    ],
)
def test_an_entry_that_nobody_can_read_is_skipped_and_told(
    entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    proxies = Proxies(None, lambda: {"all": "http://proxy:3128", "no": f"one.test,{entry},two.test"})
    assert proxies.of(httpx.URL("http://host.example")) is not None
    assert proxies.of(httpx.URL("http://two.test")) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "secret" not in caplog.text
    AsyncOpenRouter("k")


@hypothesis.given(text=strategies.text(alphabet="ab1.:*[]/%@, \t\u00fc-_<>", max_size=40))
def test_no_text_keeps_a_client_from_being_made(text: str) -> None:
    proxies = Proxies(None, lambda: {"all": "http://proxy:3128", "no": text})
    proxies.of(httpx.URL("http://host.example"))
    proxies.of(httpx.URL("http://[::ffff:1.2.3.4]:80"))


def test_without_a_proxy_nothing_is_said_of_exceptions(caplog: pytest.LogCaptureFixture) -> None:
    assert Proxies(None, lambda: {"no": "<local>"}).of(httpx.URL("http://host.example")) is None
    assert not caplog.records
