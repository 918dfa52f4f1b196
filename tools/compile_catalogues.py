"""Compiles the catalogues into the wheel: each `ko.po` of tftp_fsm/language/ becomes `ko.mo`.

Hatchling calls this. An editable installation and a checkout read the .po itself.
"""

from __future__ import annotations

import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "tftp_fsm/language"


class CompileCatalogues(BuildHookInterface[Any]):
    """Put the compiled catalogues into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before it builds."""
        if version == "editable":
            return
        folder = Path(self.root) / FOLDER
        self._made = tempfile.TemporaryDirectory()
        for source in sorted(folder.glob("*.po")):
            made = Path(self._made.name) / f"{source.stem}.mo"
            made.write_bytes(_compiled(folder, source.read_bytes()))
            build_data["force_include"][str(made)] = f"{FOLDER}/{made.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Hatchling calls this after it has built."""
        if version != "editable":
            self._made.cleanup()


def _compiled(folder: Path, po: bytes) -> bytes:
    """Do the same as `tftp_fsm.language.catalogue.compiled`, without importing the package."""
    spec = spec_from_file_location("catalogue", folder / "catalogue.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    octets: bytes = module.compiled(po)
    return octets
