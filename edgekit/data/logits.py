"""The logits of a PyTorch classifier on tokenized rows."""

from __future__ import annotations

from typing import Any

from edgekit.data.tokens import batches_by_length, collate
from edgekit.spec.progress import SILENT, Progress


def classifier_logits(
    model: Any, tokenizer: Any, rows: list[dict[str, Any]], *, title: str = "evaluating", progress: Progress = SILENT
) -> Any:
    """Logits [rows, labels] as a float32 array, in the order of the rows."""
    import numpy as np
    import torch

    model.eval()
    out = np.zeros((len(rows), model.config.num_labels), dtype=np.float32)
    done = 0
    with torch.inference_mode(), progress.task(title, len(rows)) as advance:
        for indices in batches_by_length(rows, 64):
            batch = collate(tokenizer, [rows[index] for index in indices])
            batch.pop("labels", None)
            device = next(model.parameters()).device
            out[indices] = (
                model(**{name: value.to(device) for name, value in batch.items()}).logits.float().cpu().numpy()
            )
            done += len(indices)
            advance(done)
    return out
