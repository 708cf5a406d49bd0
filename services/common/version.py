"""The release that both services are; pyproject.toml reads it from here."""

from typing import Final

VERSION: Final = "0.3.0"
