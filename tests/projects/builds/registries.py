"""Registries of packages, made on the spot: wheels in a folder, and npm's protocol on a socket."""

import base64
import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Any, Self


class Registries:
    """Packages of Python and of Node, and nothing but these. Use it in `with`."""

    def __init__(self, folder: Path) -> None:
        self._wheels = folder / "wheels"
        self._wheels.mkdir(parents=True)
        self._tarballs: dict[str, bytes] = {}
        """By path."""
        self._documents: dict[str, dict[str, Any]] = {}
        registries = self

        class Exchange(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = registries.find(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing on the terminal."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._cache = folder / "npm-cache"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def variables(self) -> dict[str, str]:
        """What tells pip, uv and npm of it."""
        wheels = str(self._wheels)
        return {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": wheels,
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": wheels,
            "npm_config_registry": self._url,
            "npm_config_cache": str(self._cache),
        }

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def find(self, path: str) -> bytes | None:
        """Give what npm asks for: a package's description or its content."""
        if path in self._documents:
            return json.dumps(self._documents[path]).encode()
        return self._tarballs.get(path)

    def add_wheel(self, name: str, version: str, source: str = "") -> None:
        """Offer a package of Python with one module, which has its name."""
        about = f"{name}-{version}.dist-info"
        tags = "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        names = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        files = {
            f"{name}/__init__.py": source,
            f"{about}/METADATA": names,
            f"{about}/WHEEL": tags,
            f"{about}/RECORD": "",
        }
        wheel = self._wheels / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)

    def add_package(self, name: str, version: str, source: str = "") -> None:
        """Offer a package of Node with one module."""
        described = {"name": name, "version": version, "main": "index.js"}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for path, text in (("package.json", json.dumps(described)), ("index.js", source)):
                entry = tarfile.TarInfo(f"package/{path}")
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        content = packed.getvalue()
        path = f"/{name}/-/{name}-{version}.tgz"
        self._tarballs[path] = content
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": f"{self._url}{path}", "integrity": f"sha512-{digest}"}
        self._documents[f"/{name}"] = {
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {**described, "dist": dist}},
        }
