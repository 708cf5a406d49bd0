"""Reads photos with another package, in that package's environment; bench/load/peers.py starts it.

Takes a JSON line per photo on stdin, {"photo": PATH, "faces_only": bool}, and answers with {"ms", "boxes",
"emotion"}. The time includes decoding, as ours does, but not reading the file.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np


class Fer:
    """Its defaults: Haar on the full frame, TFLite."""

    def __init__(self) -> None:
        from fer.fer import FER  # noqa: PLC0415 # installed in that peer's environment only

        self._fer = FER()

    def boxes(self, picture: Any) -> Any:
        return [[int(v) for v in box] for box in self._fer.find_faces(picture)]

    def read(self, picture: Any) -> Any:
        faces = self._fer.detect_emotions(picture)
        largest = max(faces, key=lambda face: face["box"][2], default=None)
        boxes = [[int(v) for v in face["box"]] for face in faces]
        return boxes, largest and max(largest["emotions"], key=largest["emotions"].get)


class Deepface:
    """Its OpenCV detector, which is Haar too."""

    def __init__(self) -> None:
        from deepface import DeepFace  # noqa: PLC0415 # as above

        self._deepface = DeepFace

    def boxes(self, picture: Any) -> Any:
        return self.read(picture)[0]

    def read(self, picture: Any) -> Any:
        try:
            faces = self._deepface.analyze(picture, ["emotion"], detector_backend="opencv", silent=True)
        except ValueError:  # it found no face
            return [], None
        boxes = [[int(face["region"][side]) for side in "xywh"] for face in faces]
        largest = max(faces, key=lambda face: face["region"]["w"])
        return boxes, largest["dominant_emotion"]


PEERS: Final[dict[str, type[Fer] | type[Deepface]]] = {"fer": Fer, "deepface": Deepface}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print must not mix with the answers
    peer = PEERS[sys.argv[1]]()
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        data = np.frombuffer(Path(job["photo"]).read_bytes(), np.uint8)
        started = time.perf_counter()
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
        boxes, emotion = (peer.boxes(picture), None) if job["faces_only"] else peer.read(picture)
        ms = 1000 * (time.perf_counter() - started)
        print(json.dumps({"ms": ms, "boxes": boxes, "emotion": emotion}), file=answers, flush=True)


if __name__ == "__main__":
    main()
