"""The public names: all of them, written down. A new one is a decision, made here.

What is not in these lists may change in any release.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
import typing
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from numbers import Number
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import tftp_fsm
from tftp_fsm import aio, protocol, providers, storage, trace, transports, wire
from tftp_fsm.lazy import LateType

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

PUBLIC = {
    "tftp_fsm": """
        Faults HostUnreachable LocalError MalformedPacket Options Outcome OutcomeUnknown PeerError
        PredictionError ProtocolError Server Settings State Step TftpError Transfer TransferAborted
        TransferTimedOut aio get keep_failure put
    """,
    "tftp_fsm.aio": "Server get put",
    "tftp_fsm.providers": """
        Asked ByClient Chain Denial Directory Map Mapped Provider Proxy Templates
    """,
    "tftp_fsm.language": """
        Sentence current joined layout mark mark_p marked reason sentence sentence_n sentence_p
        shown speaking tr tr_n tr_p use wanted
    """,
    "tftp_fsm.protocol": """
        Aborted AckReceived BeginAnew Commit Counters DataReceived Deliver Effect EmptyReceived
        EndFound ErrorReceived Event Finished MalformedReceived OackReceived Opened Outcome
        READ_CLIENT READ_SERVER ReadClient ReadServer RequestReceived RetryPolicy Row Send SendAcks
        SendBlocks Session State Step
        StorageFailed StrayReceived TABLES Table TimeoutExpired UnreachableReceived
        WRITE_CLIENT WRITE_SERVER WriteClient WriteServer
    """,
    "tftp_fsm.protocol.changes": "Change added only removed replaced where",
    "tftp_fsm.wire": """
        Ack Address Data Error ErrorCode Oack Opcode OptionLimits Options Packet Pairs Reading
        Refusal Request Rrq WELL_KNOWN_PORT Wrq accept agree build offer parse read
    """,
    "tftp_fsm.transports": "Burst Transport Unreachable",
    "tftp_fsm.transports.udp": "UdpTransport",
    "tftp_fsm.diagram": """
        Detail Edge Picture PictureRow picture_of picture_of_table render_csv render_dot
        render_markdown render_mermaid render_svg render_text
    """,
    "tftp_fsm.ladder": """
        Arrow Fold Ladder Lane Mark Moment Span build mermaid_ladder svg_ladder text_ladder
    """,
    "tftp_fsm.trace": "Trace lines_of read_trace",
    "tftp_fsm.verify.party": "Party",
}
LAZY_PACKAGES = (tftp_fsm, aio, protocol, providers, storage, trace, transports, wire)
LAZY = [module.__name__ for module in LAZY_PACKAGES]

every_public_module = pytest.mark.parametrize("name", PUBLIC)
every_lazy_module = pytest.mark.parametrize("name", LAZY)


def declared(module: ModuleType) -> list[str]:
    return list(module.__all__)


@every_public_module
def test_the_public_names_are_those_that_are_written_down(name: str) -> None:
    assert sorted(declared(import_module(name))) == sorted(PUBLIC[name].split())


@every_public_module
def test_each_public_name_can_be_imported(name: str) -> None:
    module = import_module(name)
    for public in declared(module):
        assert getattr(module, public) is not None, public
    assert set(declared(module)) <= set(dir(module))


@every_public_module
def test_each_public_class_and_function_says_what_it_is(name: str) -> None:
    module = import_module(name)
    values = {public: getattr(module, public) for public in declared(module)}
    silent = [n for n, value in values.items() if _is_ours(value) and not value.__doc__]
    assert silent == []


def _is_ours(value: object) -> bool:
    return callable(value) and getattr(value, "__module__", "").startswith("tftp_fsm")


@every_public_module
def test_each_attribute_of_a_public_class_has_a_type_that_is_written_down(name: str) -> None:
    """`tools/public-types` asks pyright, which needs the network. This needs nothing."""
    public = [getattr(import_module(name), public) for public in PUBLIC[name].split()]
    classes = {base for kind in public if isinstance(kind, type) for base in kind.__mro__}
    ours = sorted((kind for kind in classes if _is_ours(kind)), key=str)
    assert {str(kind): bare for kind in ours if (bare := without_type(kind))} == {}


PUBLIC_NAMES = [(module, name) for module, names in PUBLIC.items() for name in names.split()]


@pytest.mark.parametrize("module, name", PUBLIC_NAMES)
def test_the_types_of_a_public_name_can_be_asked_for(module: str, name: str) -> None:
    """Libraries that validate, convert or document ask `typing.get_type_hints`.

    What a short transfer does not import is found all the same.
    """
    for described in (value := getattr(import_module(module), name), *functions_of(value)):
        if isinstance(described, type | FunctionType):
            hints = typing.get_type_hints(described)
            assert [each for each in hints if is_late(hints[each])] == [], described


def functions_of(kind: object) -> Iterator[object]:
    """Yield the public methods and properties of a class, and of its bases in the package."""
    for base in kind.__mro__ if isinstance(kind, type) else ():
        for name, value in vars(base).items() if _is_ours(base) else ():
            if not name.startswith("_"):
                yield getattr(value, "fget", getattr(value, "__func__", value))


def is_late(hint: object) -> bool:
    """Whether the hint is, or has in it, what only stands for a type."""
    if isinstance(hint, list):
        return any(map(is_late, hint))
    return isinstance(hint, LateType | str) or any(map(is_late, types_in(hint)))


def types_in(hint: object) -> tuple[object, ...]:
    return () if typing.get_origin(hint) is typing.Literal else typing.get_args(hint)


def without_type(kind: type) -> set[str]:
    """The attributes whose type a reader has to infer from what is computed for them.

    A parameter, or a member such as `State.IDLE`, has its type where it is declared.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    written = {
        ast.unparse(node.target).removeprefix("self.")
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
    }
    found = {
        ast.unparse(target).removeprefix("self.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Name | ast.Attribute)
        for target in node.targets
        if ast.unparse(target).startswith("self.") and isinstance(target, ast.Attribute)
    }
    return {name for name in found - written if not name.startswith("_") and "." not in name}


@every_public_module
def test_a_name_that_is_not_there_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(import_module(name), "no_such_name")  # noqa: B009


# -- Names that are imported late ------------------------------------------------------------------


@every_lazy_module
def test_type_checkers_and_python_are_told_the_same(name: str) -> None:
    """Each name stands under TYPE_CHECKING with the module that Python takes it from."""
    module = import_module(name)
    told = dict(imports_for_checkers(Path(str(module.__file__))))
    assert sorted(told) == sorted(declared(module))
    for public, home in told.items():
        assert getattr(module, public) is getattr(import_module(home), public), public


def test_a_late_type_is_the_type_itself_in_what_is_made_of_it() -> None:
    sequence, number = LateType("collections.abc", "Sequence"), LateType("numbers", "Number")
    call = LateType("collections.abc", "Callable")
    assert sequence[number] == Sequence[Number]
    assert (number | None, None | number, int | number) == (
        Number | None,
        None | Number,
        int | Number,
    )
    assert number | sequence == Number | Sequence
    assert call[[number, int], sequence] == Callable[[Number, int], Sequence]


def test_a_late_type_imports_nothing_before_it_is_used() -> None:
    code = (
        "import sys; from tftp_fsm.lazy import LateType\n"
        "late = LateType('numbers', 'Number'); print('numbers' in sys.modules)\n"
        "late | None; print('numbers' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


def imports_for_checkers(path: Path) -> list[tuple[str, str]]:
    """Return each name and its module."""
    blocks = [n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.If)]
    return [
        (alias.name, node.module or "")
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def test_an_import_takes_nothing_until_a_name_is_used() -> None:
    code = f"import {', '.join(LAZY)}\nimport sys\nprint(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {name for name in said if name.startswith("tftp_fsm")}
    assert ours == {*LAZY, "tftp_fsm.lazy"}
    assert not {"construct", "transitions"} & set(said)


# -- What the documentation says -------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_documentation_imports_public_names_alone(page: Path) -> None:
    for block in page.read_text("utf-8").split("```python\n")[1:]:
        for node in ast.walk(ast.parse(block.split("```")[0])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tftp_fsm"):
                for alias in node.names:
                    assert alias.name in PUBLIC.get(node.module or "", "").split(), ast.unparse(
                        node
                    )


def test_a_page_shows_how_names_are_imported() -> None:
    assert any("from tftp_fsm.protocol import " in page.read_text("utf-8") for page in PAGES)
