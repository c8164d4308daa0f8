"""Which version of conformance is this?"""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("conformance")
except PackageNotFoundError:  # the source tree, not installed
    VERSION = "0"
