"""Libraries that are imported without the modules that they do not use here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tftp_fsm import Server

LIBRARY = """
import json, sys
import platform
kind = platform.system()
def late(): return json.dumps([1])
def name(): return platform.node()
def error(): raise ValueError("here")
"""


def run(code: str, folder: Path | None = None) -> list[str]:
    """Return the output of the code in a new interpreter with the library `heavy` in `folder`."""
    path = [] if folder is None else [f"sys.path.insert(0, {str(folder)!r})"]
    code = "\n".join(["import sys", *path, "from tftp_fsm.wire.deferred import deferred", code])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("from heavy.part import *\nimport heavy.part")
    (tmp_path / "heavy" / "part.py").write_text(LIBRARY)
    return tmp_path


HEAVY = "with deferred('heavy', 'json', platform={'system': lambda: 'mine'}):\n    import heavy\n"


def test_a_module_is_imported_when_it_is_used(folder: Path) -> None:
    code = HEAVY + "print('json' in sys.modules, heavy.late(), 'json' in sys.modules)"
    assert run(code, folder) == ["False", "[1]", "True"]


def test_what_is_given_needs_no_module_and_the_rest_does(folder: Path) -> None:
    code = HEAVY + (
        "print(heavy.kind, 'platform' in sys.modules)\n"
        "import platform; print(heavy.name() == platform.node())"
    )
    assert run(code, folder) == ["mine", "False", "True"]


def test_nobody_else_sees_a_stand_in(folder: Path) -> None:
    code = HEAVY + "import json; print(json.__file__ is not None, json is sys.modules['json'])"
    assert run(code, folder) == ["True", "True"]
    inside = HEAVY.replace("    import heavy", "    import json, heavy") + (
        "print(type(json).__name__, heavy.part.json.dumps is json.dumps)"
    )
    assert run(inside, folder) == ["module", "True"]


def test_the_library_looks_as_if_it_had_been_imported_as_usual(folder: Path) -> None:
    code = HEAVY + (
        "import inspect, traceback\n"
        "print(type(heavy.part.__loader__).__name__, len(sys.meta_path) == before)\n"
        "print('late' in inspect.getsource(heavy.part))\n"
        "try: heavy.error()\n"
        "except ValueError as e: print('here' in traceback.format_exc())"
    )
    before = "import sys; before = len(sys.meta_path)\n"
    assert run(before + code, folder) == ["SourceFileLoader", "True", "True", "True"]


def test_a_library_that_is_not_there_is_missed_as_usual(tmp_path: Path) -> None:
    code = "try:\n with deferred('heavy'):\n  import heavy\nexcept ImportError as e: print(e.name)"
    assert run(code, tmp_path) == ["heavy"]


def test_a_transfer_imports_nothing_that_it_does_not_use() -> None:
    code = "import tftp_fsm.client.api, tftp_fsm.cli.transfer, tftp_fsm.driver.driver, sys\n"
    heavy = """
        asyncio dataclasses gettext hashlib inspect json locale logging pdb pickle platform rich
        shutil six traceback unittest
    """.split()
    assert run(code + f"print(*[name for name in {heavy} if name in sys.modules])") == []


def test_a_whole_short_get_imports_little(tmp_path: Path) -> None:
    """Each of these takes longer to import than to move the file."""
    (tmp_path / "f").write_bytes(b"text")
    with Server(tmp_path) as server:
        words = ["-q", server.host, "-p", str(server.port), "get", "f", str(tmp_path / "got")]
        get = f"main({words})"
        loaded = run(f"from tftp_fsm.__main__ import main\nassert {get} == 0\nprint(*sys.modules)")
    assert (tmp_path / "got").read_bytes() == b"text"
    heavy = """
        argparse asyncio dataclasses gettext hashlib inspect json locale logging pdb pickle
        platform re rich selectors shutil traceback typing unittest
    """.split()
    of_python = run("print(*sys.modules)")
    assert not {*heavy, "tftp_fsm.driver.lockstep", "tftp_fsm.storage.sources"} & (
        {*loaded} - {*of_python}
    )


def test_what_is_always_to_be_a_stand_in_is_one_also_if_it_is_imported(folder: Path) -> None:
    code = HEAVY.replace("'json',", "'json', always=('platform',),")
    asked = "print(heavy.kind, heavy.name() == platform.node())"
    assert run(f"import platform\n{code}{asked}", folder) == ["mine", "True"]


def test_construct_finds_what_it_uses_later() -> None:
    code = (
        "import tftp_fsm.wire.packets as p, sys\n"
        "print(p.c.debug.pdb.Pdb.__name__, 'pdb' in sys.modules)\n"
        "print(p.c.Pickled.parse(b'N.'), p.c.core.hashlib.sha1(b'').hexdigest()[:4])"
    )
    assert run(code) == ["Pdb", "True", "None", "da39"]


def test_the_log_of_transitions_is_heard_by_whoever_imports_logging() -> None:
    step = (
        "from tftp_fsm.protocol import Opened, ReadClient\n"
        "from tftp_fsm.wire import Rrq\n"
        "def go(): ReadClient(Rrq(b'f'), peer=('h', 69)).handle(Opened(), now=0.0)\n"
        "go()\n"
        "import logging, sys\n"
        "logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format='%(name)s')\n"
        "go()"
    )
    assert set(run(step)) == {"transitions.core"}


GET = """
import io, sys, tempfile, pathlib
import tftp_fsm
from tftp_fsm.__main__ import main
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "f").write_bytes(b"text")
with tftp_fsm.Server(folder) as server:
    assert tftp_fsm.get(server.host, "f", port=server.port).data == b"text"
    out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
    status = main(["get", server.url("f"), "-"])
    sys.stdout = out
assert status == 0
"""


@pytest.mark.parametrize(
    "code",
    [
        "import pdb; print(pdb.Pdb.__module__, pdb.__name__)",
        "import pickle; print(pickle.loads(pickle.dumps('pickle')), pickle.__name__)",
        "import hashlib; print(hashlib.sha1(b'').name == 'sha1' and 'hashlib', hashlib.__name__)",
        "import inspect; print(inspect.getmodule(inspect.getdoc).__name__, inspect.__name__)",
        "import logging; print(logging.getLogger('logging').name, logging.__name__)",
        "import gettext; print(gettext.gettext('gettext'), gettext.gettext.__module__)",
        "import platform; print('platform', platform.system.__module__)",
        "import traceback; print(traceback.format_exc.__module__, traceback.__name__)",
        "import six; print(six.string_types[0].__name__ == 'str' and 'six', six.__name__)",
    ],
    ids=lambda code: code.split(";")[0].split()[-1],
)
def test_a_program_has_the_modules_themselves_after_a_transfer(code: str) -> None:
    """Before and after the program imports them, nobody has put anything in their places."""
    name = code.split(";")[0].split()[-1]
    said = run(f"{GET}\n{code}\nprint(type(sys.modules['{name}']) is type(sys))")
    assert said == [name, name, "True"]


def test_what_was_given_for_the_import_is_the_real_one_afterwards() -> None:
    code = (
        "import construct.lib.py3compat as c, transitions.core as t, platform, logging, six\n"
        "print(c.platform.system is platform.system, t.logging.getLogger is logging.getLogger)"
    )
    assert run(GET + code) == ["True", "True"]


def test_argparse_speaks_the_language_that_a_program_chooses_with_gettext() -> None:
    code = (
        "import argparse, gettext, builtins\n"
        "print(argparse._('usage: '))\n"
        "gettext.gettext = lambda text: 'translated'\n"
        "gettext.ngettext = lambda one, many, number: f'{number}-fold'\n"
        "print(argparse._('usage: '), argparse.ngettext('a', 'b', 2))\n"
        "print(argparse.ArgumentParser.__init__.__builtins__ is vars(builtins))"
    )
    parser = "import tftp_fsm.cli.parser\n"
    assert run(parser + code) == ["usage:", "translated", "2-fold", "True"]


def test_a_program_keeps_its_settings() -> None:
    """Those of the garbage collector, and of its streams, which may be closed."""
    before = (
        "import gc, sys; gc.set_threshold(701); sys.stdin = None\n"
        "sys.stderr.reconfigure(errors='replace')\n"
    )
    after = "\nprint(gc.get_threshold()[0], sys.stdin, sys.stderr.errors)"
    assert run(before + GET + after) == ["701", "None", "replace"]


def test_a_warning_of_transitions_reaches_nobody_who_did_not_ask() -> None:
    code = (
        "import transitions.core as t, logging, sys\n"
        "sys.stderr = sys.stdout\n"
        "t._LOGGER.warning('unheard')\n"
        "print(t._LOGGER is logging.getLogger('transitions.core'), len(t._LOGGER.handlers))\n"
        "logging.basicConfig(stream=sys.stdout, format='%(message)s')\n"
        "t._LOGGER.warning('heard')"
    )
    assert run(GET + code) == ["True", "1", "heard"]
