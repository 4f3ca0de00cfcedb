"""Translations of SAM templates, kept from one start to the next.

The translator is most of the time that a SAM project takes to load: 230 ms of imports, of 250. A
template that has not changed needs none of it.
"""

import contextlib
import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import samtranslator

from routekey.projects.builds.tools import digest_of
from routekey.projects.document import Value

_FILES_MAX: Final = 32
"""As many templates as one works on; the one that was made first goes first."""
_FORM: Final = "1"
"""Of the files; another one forgets what older versions kept."""


class SamCache:
    """A folder with translations, each under the digest of what it was made from.

    Args:
        folder: where; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder / "sam"

    def find_name(self, template: Value, values: Value) -> str | None:
        """Name the translation of a template with these parameters; None is not kept.

        The translation has the parameters in it, so one with a secret is not written down.
        """
        if self._folder is None or _has_secrets(template):
            return None
        return digest_of(_FORM, samtranslator.__version__, json.dumps([template, values]))

    def read(self, name: str | None) -> Value:
        """Read a translation; None where there is none that can be read."""
        if self._folder is None or name is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            translated: Value = json.loads((self._folder / name).read_bytes())
            return translated
        return None

    def write(self, name: str | None, translated: Value) -> None:
        """Keep a translation. Where that fails, the next start translates again."""
        if self._folder is None or name is None:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(json.dumps(translated).encode())
            os.replace(file.name, self._folder / name)  # noqa: PTH105  # a name, and no path
            for old in sorted(self._folder.iterdir(), key=_made_at)[:-_FILES_MAX]:
                old.unlink()


def _has_secrets(template: Value) -> bool:
    """Tell whether a parameter of the template is not to be shown."""
    parameters = template.get("Parameters") if isinstance(template, dict) else None
    return isinstance(parameters, dict) and any(
        isinstance(parameter, dict) and str(parameter.get("NoEcho")).lower() == "true"
        for parameter in parameters.values()
    )


def _made_at(file: Path) -> float:
    return file.stat().st_mtime
