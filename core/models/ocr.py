"""Reading text in pictures: RapidOCR (PP-OCR by ONNX Runtime), offline, with the models that its wheel carries."""

import io
import threading
from collections.abc import Sequence
from typing import Any

from core.evidence import OcrLine

VERSION = "rapidocr-3/1"
"""Changes when the same picture would be read differently, so that kept readings are read again."""
THREADS = 2
SMALL_SIDE = 700
"""Pictures whose longest side is shorter are enlarged to twice their size: letters of 10 pixels are read badly."""


class OcrReader:
    """Reads pictures, one at a time; the models are loaded with the first."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._lock = threading.Lock()

    def read(self, data: bytes) -> tuple[OcrLine, ...]:
        """The lines of text in a normalized picture, in reading order; none if there is no text."""
        import numpy as np
        from PIL import Image

        with Image.open(io.BytesIO(data)) as opened:
            image = opened.convert("RGB")
        scale = 2 if max(image.size) < SMALL_SIDE else 1
        if scale > 1:
            image = image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS)
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        with self._lock:
            found = self._load()(pixels)
        if found.boxes is None or not found.txts:
            return ()
        lines = [
            OcrLine(
                text=text.strip(),
                confidence=float(score),
                box=(
                    float(box[:, 0].min()) / scale,
                    float(box[:, 1].min()) / scale,
                    float(box[:, 0].max()) / scale,
                    float(box[:, 1].max()) / scale,
                ),
            )
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if text.strip()
        ]
        return tuple(line for row in rows_of(lines) for line in row)

    def _load(self) -> Any:
        if self._engine is None:
            import rapidocr

            module: Any = rapidocr  # partly untyped
            self._engine = module.RapidOCR(
                params={
                    "Global.log_level": "critical",
                    # Screenshots and receipts stand upright after intake; turning lines around only costs time.
                    "Global.use_cls": False,
                    "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                }
            )
        return self._engine


def rows_of(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    """Lines grouped into rows from top to bottom, each from left to right.

    A line belongs to a row when its middle lies within the vertical extent of the row's first line.
    """
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda one: (one.box[1] + one.box[3]) / 2):
        middle = (line.box[1] + line.box[3]) / 2
        if rows and rows[-1][0].box[1] <= middle <= rows[-1][0].box[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.box[0]) for row in rows]


def text_of(lines: Sequence[OcrLine]) -> str:
    """What was read as text: a row a line."""
    return "\n".join("  ".join(line.text for line in row) for row in rows_of(lines))
