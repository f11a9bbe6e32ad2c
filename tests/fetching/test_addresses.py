"""Which addresses are fetched at all, however they are written."""

from ipaddress import ip_address

import pytest

from core.errors import AddressError, QuestionError
from core.fetching.addresses import AllowList, checked, is_public

NOBODY = AllowList()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::8.8.8.8]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://192.88.99.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://localhost/",
        "http://app.localhost/",
        "http://metadata.google.internal/",
        "http://intranet/",
        "http://printer.local/",
    ],
)
def test_no_spelling_of_an_inner_address_is_fetched(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        checked(address, allow=NOBODY)
    assert caught.value.reason == "refused"
    assert caught.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org",
        "//example.org/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/_x",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://",
        "http:///etc/passwd",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org:0/",
        "http://example.org:22/",
        "http://example.org:6379/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://example.org/a\r\nHost: evil",
        "http://example.org\\@127.0.0.1/",
        "http://exa\u200bmple.org/",
        "http://.example.org/",
        "http://a..b/",
        "http://" + "a" * 64 + ".org/",
        "http://example.org/" + "a" * 5000,
        "http://[::1/",
        "http://1.2.3.4.5/",
        "http://example.0x1/",
    ],
)
def test_what_is_no_address_of_the_web_is_refused_with_a_reason(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        checked(address, allow=NOBODY)
    assert "secret" not in str(caught.value)


def test_addresses_of_the_web_are_written_as_they_are_asked_for() -> None:
    assert str(checked("https://EXAMPLE.org:443/a?b=c#d", allow=NOBODY)) == "https://example.org/a?b=c"
    assert str(checked("http://bücher.example/ä", allow=NOBODY)) == "http://xn--bcher-kva.example/%C3%A4"
    assert str(checked("http://例え.テスト/", allow=NOBODY)) == "http://xn--r8jz45g.xn--zckzah/"
    assert str(checked("http://example.org./", allow=NOBODY)) == "http://example.org/"
    assert str(checked("http://8.8.8.8/", allow=NOBODY)) == "http://8.8.8.8/"
    assert str(checked("https://[2606:4700::1111]/", allow=NOBODY)) == "https://[2606:4700::1111]/"


def test_what_the_operator_opened_is_fetched_and_nothing_beside_it() -> None:
    allow = AllowList.of(("10.1.0.0/16", "wiki.internal", "*.corp", "build.lan:8080", "fd00::/8"))
    for address in (
        "http://10.1.2.3/",
        "http://10.1.2.3:8080/",
        "https://wiki.internal/x",
        "http://wiki.internal:8090/",
        "http://a.b.corp/",
        "http://build.lan:8080/",
        "http://[fd00::7]/",
    ):
        assert checked(address, allow=allow)
    for address in ("http://10.2.0.1/", "http://127.0.0.1/", "http://[::ffff:10.1.2.3]/", "http://167903747/"):
        with pytest.raises(AddressError):
            checked(address, allow=allow)
    hosts_alone = AllowList.of(("wiki.internal", "*.corp", "build.lan:8080"))
    for address in (
        "http://build.lan/",
        "http://corp/",
        "http://evilcorp/",
        "http://xwiki.internal/",
        "http://10.1.2.3/",
    ):
        with pytest.raises(AddressError):
            checked(address, allow=hosts_alone)


@pytest.mark.parametrize("entry", ["http://wiki/", "wiki internal", "10.0.0.0/99", "wiki:99999", "*"])
def test_an_entry_that_opens_nothing_is_said_to_be_wrong(entry: str) -> None:
    with pytest.raises(QuestionError) as caught:
        AllowList.of((entry,))
    assert entry in caught.value.message


def test_public_means_public() -> None:
    for text in ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1"):
        assert is_public(ip_address(text))
    for text in ("2001:db8::1", "3fff::1", "5f00::1", "100::1", "::", "192.0.2.1", "203.0.113.9"):
        assert not is_public(ip_address(text))
