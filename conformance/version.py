"""Which version of conformance is this?"""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

try:
    VERSION = version("conformance")
except PackageNotFoundError:  # the source tree, not installed
    VERSION = "0"


def told() -> str:
    """The version, and whether what judges is compiled."""
    judge = find_spec("conformance.judge")
    compiled = judge is not None and not str(judge.origin).endswith(".py")
    return f"{VERSION} (compiled)" if compiled else VERSION
