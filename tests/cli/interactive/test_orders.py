"""The settings of the interactive client, and the transfer that each line asks for."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.interactive.orders import Orders


def orders(*words: str) -> Orders:
    return Orders(transfer_parser({}).parse_intermixed_args(words or ["h"]))


def told(args: Namespace) -> tuple[Any, Any]:
    return args.host, args.words


@pytest.mark.parametrize(
    "names, found",
    [
        (["a"], [("h", ["get", "a"])]),
        (["a", "b"], [("h", ["get", "a", "b"])]),
        (["a", "b", "c"], [("h", ["get", "a"]), ("h", ["get", "b"]), ("h", ["get", "c"])]),
        (["other:a", "b"], [("other", ["get", "a", "b"])]),
        (["[::1]:a"], [("::1", ["get", "a"])]),
        (["C:/boot.img"], [("h", ["get", "C:/boot.img"])]),
        (["tftp://x/a"], [(None, ["get", "tftp://x/a"])]),
    ],
)
def test_get(names: list[str], found: list[tuple[str, list[str]]]) -> None:
    assert [told(each) for each in orders().gets(names)] == found


@pytest.mark.parametrize(
    "names, found",
    [
        (["a"], [("h", ["put", "a"])]),
        (["a:b", "other:c"], [("other", ["put", "a:b", "c"])]),
        (["a", "b", "dir"], [("h", ["put", "a", "dir/"]), ("h", ["put", "b", "dir/"])]),
        (["a", "tftp://x/b"], [(None, ["put", "a", "tftp://x/b"])]),
    ],
)
def test_put(names: list[str], found: list[tuple[str, list[str]]]) -> None:
    assert [told(each) for each in orders().puts(names)] == found


def test_the_host_of_a_name_is_the_next_server_too() -> None:
    these = orders()
    list(these.gets(["other:a"]))
    assert [told(each) for each in these.gets(["b"])] == [("other", ["get", "b"])]


def test_a_literal_name_names_no_host() -> None:
    these = orders()
    these.is_literal = True
    assert [told(each) for each in these.gets(["other:a"])] == [("h", ["get", "other:a"])]


def test_settings_are_those_of_the_command_line() -> None:
    these = orders("h", "-p", "70", "--blksize", "1000")
    these.connect("other", "71")
    these.set_mode("ASCII")
    these.set_number("rexmt", "2")
    these.set_number("timeout", "9")
    these.set_number("blksize", "default")
    (args,) = these.gets(["a"])
    found = args.host, args.port, args.mode, args.timeout, args.patience, args.blksize
    assert found == ("other", 71, "netascii", 2, 9, "auto")
    assert these.number("retries") == "default"


@pytest.mark.parametrize("option", ["--trace=t", "--pcap=p", "--into=d", "--parallel=3"])
def test_options_of_one_transfer_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match="is for a transfer"):
        orders("h", option)


@pytest.mark.parametrize("name, value", [("blksize", "7"), ("rexmt", "x"), ("windowsize", "0")])
def test_a_wrong_number_is_refused(name: str, value: str) -> None:
    with pytest.raises(Exception, match=value):
        orders().set_number(name, value)


def test_a_port_behind_the_host_is_told_how_to_give_it() -> None:
    with pytest.raises(ValueError, match="write: 192.0.2.1 -p 7169"):
        orders("192.0.2.1:7169")
    with pytest.raises(ValueError, match="write: 192.0.2.1 -p 7169"):
        orders().connect("192.0.2.1:7169", None)
