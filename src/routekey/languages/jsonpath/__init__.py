"""JSONPath, in the dialect of Jayway's library, which API Gateway uses (VTL-PATH-01).

`paths` is what a path is and how it searches, `parsing` reads its text, `filters` the conditions
in `[?(…)]`.
"""

from routekey.languages.jsonpath.parsing import compile_path
from routekey.languages.jsonpath.paths import JsonPathError, Path, Search

__all__ = ["JsonPathError", "Path", "Search", "compile_path"]
