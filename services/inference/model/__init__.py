"""Each network's file, with its JSON card beside it."""

from pathlib import Path
from typing import Final

MODEL_FILE: Final = Path(__file__).parent / "emotion.tflite"
"""The one that is shipped."""
FINDER_FILE: Final = Path(__file__).parent / "finder.tflite"
"""The face finder."""
