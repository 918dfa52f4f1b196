"""The rules of a map: the meaning of each operation, as in in.tftpd."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.peers import Server
from tftp_fsm.errors import LocalError
from tftp_fsm.providers import neighbours
from tftp_fsm.providers.asked import Asked, Verb
from tftp_fsm.providers.maps import map as maps
from tftp_fsm.providers.maps.map import LARGEST_FILE, TOO_LONG, TOO_MUCH, Map, Mapped
from tftp_fsm.providers.maps.rules import MOST_RULES

CLIENT = ("192.0.2.169", 2070)
CLIENT6 = ("2001:db8::1", 2070, 0, 0)


def apply(rules: str, name: str | bytes, verb: Verb = "RRQ", **more: object) -> Mapped:
    octets = name if isinstance(name, bytes) else name.encode()
    asked = Asked(verb, octets, peer=more.pop("peer", CLIENT))  # type: ignore[arg-type]
    return Map.parse(rules).apply(asked, **more)  # type: ignore[arg-type]


def named(rules: str, name: str, verb: Verb = "RRQ", **more: object) -> str:
    mapped = apply(rules, name, verb, **more)
    assert mapped.denial is None, mapped
    return mapped.name.decode()


@pytest.mark.parametrize(
    "rules, name, expected",
    [
        ("r ^boot/ x/", "boot/boot/a", "x/boot/a"),
        ("r a b", "aaa", "baa"),
        ("rg a b", "aaa", "bbb"),
        ("rg aa a", "aaaa", "a"),
        ("rgg aa a", "aaaa", "aa"),
        ("rgg x* -", "ab", "-a-b-"),
        ("ri ^MENU$ low", "menu", "low"),
        ("r MENU low", "menu", "menu"),
        ("re a b\nr b c", "a", "b"),
        ("r a b\nr b c", "a", "c"),
        ("rs a b\nr b c", "aa", "cb"),
        ("e~ [.]cfg$\nr $ .bak", "x.img", "x.img"),
        ("e~ [.]cfg$\nr $ .bak", "x.cfg", "x.cfg.bak"),
        ("j ^a :never", "a", "a"),
        ("rgg [\\\\] /", r"a\b\c", "a/b/c"),
        (r"r ^(.*)/(.*)$ \2-\1-\0", "a/b", "b-a-a/b"),
        (r"r ^(.)(.*)$ \U\1\Ex\L\2", "aBC", "Axbc"),
        (r"r ^ \i/", "a", "192.0.2.169/a"),
        (r"r ^ \x/", "a", "C00002A9/a"),
        (r"r ^ a\ b\#c\\d\q", "", r"a b#c\dq"),
        ("r a", "banana", "bnana"),
        ("r ^a$ b # a comment\n\n# r b c", "a", "b"),
        ("r a b\r\n", "a", "b"),
    ],
)
def test_a_rule_does_what_it_says(rules: str, name: str, expected: str) -> None:
    if ":never" in rules:
        rules = "j ^a never\nr a b\n:never"
    assert named(rules, name) == expected


def test_rules_are_for_verbs_and_for_families() -> None:
    rules = "rG $ G\nrP $ P\nr4 $ 4\nr6 $ 6"
    assert named(rules, "-") == "-G4"
    assert named(rules, "-", "WRQ") == "-P4"
    assert named(rules, "-", peer=CLIENT6) == "-G6"
    assert named(r"r ^ \i/\x/", "a", peer=CLIENT6) == (
        "2001:db8::1/20010DB8000000000000000000000001/a"
    )


def test_a_request_is_refused_in_the_words_of_the_rule() -> None:
    denial = apply("aP ^ read\\ only,\\ \\i", "a", "WRQ").denial
    assert denial is not None and (denial.code, denial.why) == (2, "read only, 192.0.2.169")
    silent = apply("a ^a", "a").denial
    assert silent is not None and silent.why == "access denied"
    assert apply("aP ^", "a").denial is None


def test_a_rule_is_undone_unless_its_file_is_there() -> None:
    rules = r"rE ^ own/" + "\n" + r"rE ^ all/" + "\nr ^ none/"
    for there, expected in ((b"own/a", "own/a"), (b"all/a", "all/a"), (b"a", "none/a")):
        assert named(rules, "a", has=lambda name, there=there: name == there) == expected


def test_a_fact_that_is_not_known_leaves_the_rule_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = r"r ^ mac/\m/" + "\nr ^ x"
    monkeypatch.setattr(neighbours, "hardware_address", lambda peer: None)
    mapped = apply(rules, "a")
    assert mapped.name == b"xa"
    assert "the hardware address of the client is not known" in mapped.steps[0].did
    monkeypatch.setattr(neighbours, "hardware_address", lambda peer: "02:00:00:00:00:0a")
    assert named(rules, "a") == "xmac/02-00-00-00-00-0a/a"


def test_each_rule_says_what_it_did() -> None:
    steps = apply("r a b\ni x\nr~ x\n:l\ne b".replace("r~ x\n", ""), "a").steps
    told = [(step.rule.line, step.did, step.before, step.after) for step in steps]
    assert told == [
        (1, "replaced", "a", "b"),
        (2, "does not match", "b", "b"),
        (4, "matches, the last rule", "b", "b"),
    ]


@pytest.mark.parametrize(
    "rules, why",
    [
        ("rs ^ x", TOO_LONG),
        ("rg ^ x", TOO_LONG),
        ("rs a a", TOO_MUCH),
        ("s ^", TOO_MUCH),
        ("rg a a", TOO_MUCH),
        (":x\nj ^ x", TOO_MUCH),
        ("rg a aa", TOO_LONG),
    ],
)
def test_a_loop_ends_with_a_refusal(rules: str, why: str) -> None:
    denial = apply(rules, "a").denial
    assert denial is not None and denial.why == why


def test_the_work_for_one_name_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "\n".join(["r (a|b|c|d){100}$ x"] * 100)
    denial = apply(rules, b"a" * 400 + b"!" * 100).denial
    assert denial is not None and denial.why == TOO_MUCH and denial.code == 0
    monkeypatch.setattr(maps, "WORK", 100_000_000)
    assert apply("r (a|b){50}$ x", b"a" * 400 + b"!").denial is None


@given(st.binary(max_size=60))
def test_octets_of_any_kind_go_through(name: bytes) -> None:
    assert apply(r"r never \U\0", name).name == name
    assert apply("r ^ x", name).name == b"x" + name


@pytest.mark.parametrize(
    "rules, why",
    [
        ("\nq a b", "map:2: there is no operation q"),
        ("r", "map:1: the rule has no expression"),
        ("r a b c", "map:1: the rule has more than three words"),
        ("r (a b", r"map:1: the expression \(a cannot be used: a \( has no \)"),
        (r"r a \1", r"map:1: \\1 stands for a group, and the expression has 0"),
        ("ra a b", "map:1: the operations r and a cannot be combined"),
        ("r~ a b", "cannot be combined"),
        ("es a", "the operations e and s cannot be combined"),
        ("j a nowhere", "map:1: there is no label :nowhere"),
        (":a\n:a", "map:1: the label :a appears twice"),
        (": a", "a label is one word"),
        ("r " + "a" * 5000, "the line is longer than 4096"),
        ("r \x1b[2J( b", r"the expression \\x1b"),
        ("i a\n" * (MOST_RULES + 1), f"a map has {MOST_RULES} rules at most"),
    ],
)
def test_a_mistake_is_told_with_its_line(rules: str, why: str) -> None:
    with pytest.raises(LocalError, match=why):
        Map.parse(rules)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot read the map .*none: No such file"):
        Map.read(tmp_path / "none")
    with pytest.raises(LocalError, match="Is a directory"):
        Map.read(tmp_path)
    (tmp_path / "large").write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(LocalError, match="octets"):
        Map.read(tmp_path / "large")
    (tmp_path / "map").write_bytes(b"r ^\xff$ \xfe")
    assert Map.read(tmp_path / "map").apply(Asked("RRQ", b"\xff")).name == b"\xfe"


# -- The server that others use --------------------------------------------------------------------

RULES = r"""
# What tftpd(8) of Debian has an example of, and its other operations
rg      \\              /               # backslashes
ri      ^[a-z]:         \0drive-
rs      ^again/         once/
re      ^last/(.*)$     \U\1\E.bin
r       ^last/          never
rG      ^get/(.*)       \i-\x-\1
rP      ^get/           put-
a       ^secret
r~4     ^x              never
e~      ^(once|deep)
r       ^once/([^/]+)/(.+)$     \2/\L\1
rgi     X               y
""".replace("r~4     ^x              never\n", "")
NAMES = [
    *("plain", r"a\b\c", "C:x", "again/A/b", "again/again/A/b", "last/menu", "get/file"),
    *("once/QQ/xX", "deepX", "secret/x", "other X", "deep/x/x"),
]


def test_in_tftpd_makes_the_same_names(real_server: Callable[..., Server], tmp_path: Path) -> None:
    """A file is asked for under each name; each file says what it is called."""
    rules = tmp_path / "rules"
    rules.write_text(RULES)
    rules.chmod(0o644)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == rules.stat().st_uid and folder.name.startswith("pytest"):
            folder.chmod(folder.stat().st_mode | 0o755)
    tmp_path.chmod(0o755)
    server = real_server("tftpd-hpa", "-m", str(rules))
    names = Map.parse(RULES)
    mapped = {
        name: names.apply(Asked("RRQ", name.encode(), peer=("127.0.0.1", 1))) for name in NAMES
    }
    assert len({one.name for one in mapped.values()}) > 8
    for one in mapped.values():
        if one.denial is None:
            path = server.root / one.name.decode()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.name)
            path.chmod(0o644)
    for name, one in mapped.items():
        if one.denial is None:
            assert server.fetch(name) == one.name, name
        else:
            assert server.refusal(name).code == 2
