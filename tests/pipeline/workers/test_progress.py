"""Where a worker is, as its parent reads it."""

from __future__ import annotations

import os

from lanner.pipeline.workers.progress import Place, Progress


def test_the_other_side_sees_each_step():
    worker = Progress.create()
    parent = Progress(os.dup(worker.descriptor))
    assert parent.place() == Place(0, 0)
    worker.begin(7)
    worker.numbers[1] = 3
    assert parent.place() == Place(7, 3)
    worker.begin(8)
    assert parent.place() == Place(8, 0)
    worker.close()
    parent.close()
