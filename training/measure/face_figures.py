"""Figures that show faces, or feature maps of one: for the user's own eyes, not to be published."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from training.dataset import SIDE, Faces, Images
from training.measure.figures import BLUE, GREY, ORANGE, new_figure
from training.measure.metrics import Labels, Probabilities

if TYPE_CHECKING:
    import keras

Predictor = Callable[[Images], Probabilities]
PATCH: Final = 12
"""Side of the grey square that hides a part of a face, in pixels."""
STRIDE: Final = 3
MAX_MAPS: Final = 16
"""Feature maps that are shown of a layer: those that vary most over the face."""
POOLINGS: Final = (2, 3)
"""After which poolings they are taken, as in the report."""


def one_of_each(faces: Faces, seed: int) -> NDArray[np.intp]:
    """A row number of each emotion that there is, in the order of EMOTIONS."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(np.flatnonzero(faces.labels == label)) for label in np.unique(faces.labels)])


def sample_faces(faces: Faces, seed: int, count: int = 8) -> Figure:
    """A row of faces of each emotion."""
    rng = np.random.default_rng(seed)
    figure, axes = new_figure(count, len(EMOTIONS) + 0.4, columns=count, rows=len(EMOTIONS))
    for label, row in enumerate(axes):
        places = np.flatnonzero(faces.labels == label)
        for ax, place in zip(row, rng.permutation(places)[:count], strict=False):
            _show(ax, faces.images[place])
        for ax in row:
            ax.set(xticks=[], yticks=[])
        row[0].set_ylabel(EMOTIONS[label])
    return figure


def predictions(predict: Predictor, images: Images, labels: Labels) -> Figure:
    """Each face above the bars of its six probabilities; the truth is orange."""
    figure, axes = new_figure(2 * len(images), 4, columns=len(images), rows=2)
    for above, below, image, label, row in zip(
        *axes.reshape(2, -1), images, labels, predict(images), strict=True
    ):
        _show(above, image, title=EMOTIONS[label])
        below.barh(EMOTIONS, row, color=[ORANGE if i == label else BLUE for i in range(len(EMOTIONS))])
        below.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        below.invert_yaxis()
        below.tick_params(labelsize=7)
    return figure


def heat_maps(predict: Predictor, images: Images) -> Figure:
    """Each face, and how much its answer's probability falls where a part is hidden."""
    figure, axes = new_figure(2 * len(images), 4, columns=len(images), rows=2)
    for above, below, image in zip(*axes.reshape(2, -1), images, strict=True):
        answer, lost = occlusion(predict, image)
        most = max(0.05, float(np.abs(lost).max()))
        _show(above, image, title=EMOTIONS[answer])
        _show(below, image, xlabel=f"up to {most:.0%}")
        below.imshow(lost, cmap="coolwarm", alpha=0.55, vmin=-most, vmax=most)
    return figure


def _show(ax: Any, image: Images, **texts: str) -> None:  # noqa: ANN401  # matplotlib's axes
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[], **texts)


def occlusion(predict: Predictor, image: Images) -> tuple[int, NDArray[np.float32]]:
    """The answer, and (48, 48) how much of its probability is lost where a PATCH hides the face."""
    whole = predict(image[None])[0]
    answer = int(whole.argmax())
    corners = range(0, SIDE - PATCH + 1, STRIDE)
    hidden = np.repeat(image[None], len(corners) ** 2, axis=0)
    for face, (top, left) in zip(hidden, ((y, x) for y in corners for x in corners), strict=True):
        face[top : top + PATCH, left : left + PATCH] = int(image.mean())
    lost = (whole[answer] - predict(hidden)[:, answer]).reshape(len(corners), len(corners))
    # each value belongs to its patch's middle: centre the grid in the picture and repeat its edge
    inside = SIDE - PATCH + 1
    grid = cv2.resize(lost.astype(np.float32), (inside, inside), interpolation=cv2.INTER_LINEAR)
    before = PATCH // 2
    after = SIDE - inside - before
    framed = cv2.copyMakeBorder(grid, before, after, before, after, cv2.BORDER_REPLICATE)
    return answer, np.asarray(framed, np.float32)


def feature_maps(model: "keras.Model", image: Images) -> Figure | None:
    """The face, and maps after the 2nd and 3rd pooling; None where the network pools less often."""
    import keras  # noqa: PLC0415  # the other figures need no TensorFlow

    pools = [layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    if len(pools) < max(POOLINGS):
        return None
    pooled = keras.Model(model.inputs, [pools[number - 1].output for number in POOLINGS])
    outputs = pooled.predict(image[None, ..., None], verbose=0)
    rows, columns = 2 * len(POOLINGS), MAX_MAPS // 2 + 1
    figure, axes = new_figure(columns, rows + 0.4, columns=columns, rows=rows)
    for ax in axes.ravel():
        ax.set_axis_off()
    for part, number, maps in zip(np.split(axes, len(POOLINGS)), POOLINGS, outputs, strict=True):
        _show(part[0, 0], image)
        part[1, 0].text(0.5, 0.6, f"after\npooling {number}", ha="center", va="center", color=GREY)
        busiest = np.argsort(-maps[0].std(axis=(0, 1)))[:MAX_MAPS]
        for ax, which in zip(part[:, 1:].ravel(), busiest, strict=False):
            ax.imshow(maps[0, :, :, which], cmap="viridis")
    return figure
