"""Find the pictures of a face database and what each shows, in the layouts that the usual databases have.

| layout | as | label and person |
|---|---|---|
| `folders` | DIR/<label>/S010_004_00000017.png; CK+ in 48×48, or anyone's own | the folder; CK+'s S010 |
| `jaffe` | KA.AN1.39.tiff, in any folders | AN, and KA |
| `kdef` | AF01/AF01ANS.JPG, in any folders | AN, and F01; S is straight on, other angles are left out |
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.emotions import ALIASES, EMOTIONS, parse_emotion
from training.dataset import DataError

PICTURE_ENDINGS: Final = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}
SKIPPED_LABELS: Final = {"contempt"}
"""Labels that databases have and we do not."""
LABEL_BY_CODE: Final = {name[:2]: EMOTIONS.index(parse_emotion(name)) for name in (*ALIASES, *EMOTIONS)}
"""JAFFE and KDEF give the first two letters of a label; KDEF's AF is afraid."""
FILE_NAMES: Final = {
    "jaffe": re.compile(r"(?i)(?P<person>[A-Z]{2})[.-](?P<label>AN|DI|FE|HA|SA|SU|NE)\d?[.-]\d+"),
    "kdef": re.compile(r"(?i)[AB](?P<person>[FM]\d\d)(?P<label>AF|AN|DI|HA|NE|SA|SU)(?P<angle>[FH][LR]|S)"),
}
EXAMPLES: Final = {"jaffe": "KA.AN1.39.tiff", "kdef": "AF01ANS.JPG"}
LAYOUTS: Final = ("auto", "folders", *FILE_NAMES)
CK_PERSON: Final = re.compile(r"S\d{3}(?=_)")
MAX_LISTED: Final = 20
"""Problems that a message lists."""


@dataclass(frozen=True)
class Picture:
    path: Path
    label: int
    person: str
    """Who is shown, as the database names them; the file's name where it does not."""


def find_pictures(root: Path, layout: str = "auto") -> list[Picture]:
    """Every picture below `root` with its label; DataError lists what does not fit the layout."""
    if not root.is_dir():
        raise DataError(f"{root} is not a folder")
    layout = _guess_layout(root) if layout == "auto" else layout
    found = _find_by_folder(root) if layout == "folders" else _find_by_name(root, layout)
    if not found:
        raise DataError(f"{root} holds no pictures in the layout `{layout}`")
    return found


def format_problems(problems: list[str]) -> str:
    """One line each, MAX_LISTED at most."""
    more = [f"… and {len(problems) - MAX_LISTED} more"] if len(problems) > MAX_LISTED else []
    return "\n".join([*problems[:MAX_LISTED], *more])


def _guess_layout(root: Path) -> str:
    if any(label is not None for label in _folders(root).values()):
        return "folders"
    for layout, name in FILE_NAMES.items():
        if any(name.match(path.stem) for path in _pictures(root)):
            return layout
    names = " or ".join(f"{layout.upper()}'s {example}" for layout, example in EXAMPLES.items())
    folders = "pictures in folders named by emotion (happy/1.png)"
    raise DataError(f"{root} holds neither {folders} nor pictures named as {names}")


def _folders(root: Path) -> dict[Path, str | None]:
    """The folders in `root` and the label of each: an emotion, one of SKIPPED_LABELS, or None if unknown."""
    labels: dict[Path, str | None] = {}
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))):
        name = folder.name.strip().lower()
        try:
            labels[folder] = name if name in SKIPPED_LABELS else parse_emotion(name)
        except ValueError:
            labels[folder] = None
    return labels


def _pictures(root: Path) -> list[Path]:
    """Without the files that archivers add (__MACOSX/._1.png)."""
    inside = sorted(p for p in root.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS)
    return [p for p in inside if not any(x.startswith((".", "__")) for x in p.relative_to(root).parts)]


def _find_by_folder(root: Path) -> list[Picture]:
    labels = _folders(root)
    if unknown := [f"{folder}/ names no emotion that is known" for folder, one in labels.items() if not one]:
        known = f"known are {', '.join(EMOTIONS)} and their usual other names"
        raise DataError(format_problems([*unknown, known]))
    found = []
    for folder, label in labels.items():
        if label not in EMOTIONS:
            print(f"left out: {folder.name}/ names none of {', '.join(EMOTIONS)}")
            continue
        for path in _pictures(folder):
            person = CK_PERSON.match(path.name)
            found.append(Picture(path, EMOTIONS.index(label), person.group() if person else path.stem))
    return found


def _find_by_name(root: Path, layout: str) -> list[Picture]:
    matches = {path: FILE_NAMES[layout].fullmatch(path.stem) for path in _pictures(root)}
    if misnamed := [path for path, match in matches.items() if not match]:
        rule = f"is not named as {layout.upper()} names its pictures ({EXAMPLES[layout]})"
        raise DataError(format_problems([f"{path} {rule}" for path in misnamed]))
    straight = {p: m for p, m in matches.items() if m and m.groupdict().get("angle", "S").upper() == "S"}
    if turned := len(matches) - len(straight):
        print(f"left out: {turned} pictures that are not taken straight on")
    return [
        Picture(path, LABEL_BY_CODE[match["label"].lower()], match["person"].upper())
        for path, match in straight.items()
    ]
