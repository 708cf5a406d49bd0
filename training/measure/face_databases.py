"""Which pictures a folder holds, and what each shows: the layouts that the usual databases come in.

| layout | as | label and person |
|---|---|---|
| `folders` | DIR/<label>/S010_004_00000017.png; CK+ in 48×48, or anyone's own | the folder; CK+'s S010 |
| `jaffe` | KA.AN1.39.tiff, in any folders | AN, and KA |
| `kdef` | AF01/AF01ANS.JPG, in any folders | AN, and F01; S is straight on, other angles are left out |
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.emotions import EMOTIONS, parse_emotion
from training.data import DataError

LAYOUTS: Final = ("auto", "folders", "jaffe", "kdef")
PICTURES: Final = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}
NOT_OURS: Final = {"contempt"}
"""Labels that databases have and we do not: left out, and said so."""
CODES: Final = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "AF": "fear",
    "HA": "happy",
    "SA": "sad",
    "SU": "surprise",
    "NE": "neutral",
}
"""Of JAFFE (FE) and KDEF (AF)."""
NAMES: Final = {
    "jaffe": re.compile(r"(?i)(?P<person>[A-Z]{2})[.-](?P<label>AN|DI|FE|HA|SA|SU|NE)\d?[.-]\d+"),
    "kdef": re.compile(
        r"(?i)[AB](?P<person>[FM]\d\d)(?P<label>AF|AN|DI|HA|NE|SA|SU)(?P<angle>FL|HL|S|HR|FR)"
    ),
}
EXAMPLES: Final = {"jaffe": "KA.AN1.39.tiff", "kdef": "AF01ANS.JPG"}
CK_PERSON: Final = re.compile(r"S\d{3}(?=_)")
SHOWN: Final = 20
"""Problems that a message lists."""


@dataclass(frozen=True)
class Picture:
    path: Path
    label: int
    person: str
    """Who is shown, as the database names them; the file itself where it does not."""


def find(root: Path, layout: str = "auto") -> list[Picture]:
    """Every picture below `root` with its label; DataError tells what does not fit the layout."""
    if not root.is_dir():
        raise DataError(f"{root} is not a folder")
    layout = _guess(root) if layout == "auto" else layout
    found = _by_folder(root) if layout == "folders" else _by_name(root, layout)
    if not found:
        raise DataError(f"{root} holds no pictures in the layout `{layout}`")
    return found


def listed(problems: list[str]) -> str:
    """One line each; of very many the first ones."""
    more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return "\n".join([*problems[:SHOWN], *more])


def _guess(root: Path) -> str:
    if any(_label_of(folder.name) is not None for folder in _folders(root)):
        return "folders"
    pictures = list(_pictures(root))
    for layout, name in NAMES.items():
        if any(name.match(picture.stem) for picture in pictures):
            return layout
    known = "pictures in folders named by emotion (happy/1.png)"
    names = " or ".join(f"{layout.upper()}'s {example}" for layout, example in EXAMPLES.items())
    raise DataError(f"{root} holds neither {known} nor pictures named as {names}")


def _label_of(name: str) -> int | None:
    """Index into EMOTIONS; -1 for a label that is not ours; None for a word nobody knows."""
    if name.strip().lower() in NOT_OURS:
        return -1
    try:
        return EMOTIONS.index(parse_emotion(name))
    except ValueError:
        return None


def _folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))


def _pictures(root: Path) -> Iterable[Path]:
    """Those that archivers leave beside the real ones (__MACOSX/._1.png) are none."""
    inside = sorted(p for p in root.rglob("*") if p.suffix.lower() in PICTURES)
    return (p for p in inside if not any(x.startswith((".", "__")) for x in p.relative_to(root).parts))


def _by_folder(root: Path) -> list[Picture]:
    labels = {folder: _label_of(folder.name) for folder in _folders(root)}
    unknown = [f"{folder}/ names no emotion that is known" for folder, n in labels.items() if n is None]
    if unknown:
        raise DataError(listed([*unknown, f"known are {', '.join(EMOTIONS)} and their usual other names"]))
    found = []
    for folder, label in labels.items():
        if label is None or label < 0:
            print(f"left out: {folder.name}/ names none of {', '.join(EMOTIONS)}")
            continue
        found += [Picture(path, label, _person(path)) for path in _pictures(folder)]
    return found


def _person(path: Path) -> str:
    match = CK_PERSON.match(path.name)
    return match.group() if match else path.stem


def _by_name(root: Path, layout: str) -> list[Picture]:
    found, unknown, turned = [], [], 0
    for path in _pictures(root):
        match = NAMES[layout].fullmatch(path.stem)
        if not match:
            unknown.append(f"{path} is not named as {layout.upper()} names its pictures ({EXAMPLES[layout]})")
        elif match.groupdict().get("angle", "S").upper() != "S":
            turned += 1
        else:
            label = EMOTIONS.index(parse_emotion(CODES[match["label"].upper()]))
            found.append(Picture(path, label, match["person"].upper()))
    if unknown:
        raise DataError(listed(unknown))
    if turned:
        print(f"left out: {turned} pictures that are not taken straight on")
    return found
