"""The logits of a PyTorch classifier on tokenized rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgekit.data.ragged import mapped_zeros
from edgekit.data.tokenizer import Tokenizer
from edgekit.data.tokens import Rows, batches_by_length, collate
from edgekit.io.progress import SILENT, Progress
from edgekit.models.loaded_model import LoadedModel


def classifier_logits(
    model: LoadedModel,
    tokenizer: Tokenizer,
    rows: Rows,
    *,
    out: Any = None,
    title: str = "evaluating",
    progress: Progress = SILENT,
) -> Any:
    """Logits [rows, labels] as a float32 array outside memory, in the order of the rows.

    out: an array to write them into, NaN where they are not known yet: batches without any are left as they are
    """
    import torch

    model.eval()
    given = out is not None
    out = out if given else mapped_zeros((len(rows), model.config.num_labels), np.float32)
    done = 0
    with torch.inference_mode(), progress.task(title, len(rows)) as advance:
        for indices in batches_by_length(rows.lengths, 64):
            done += len(indices)
            if given and not np.isnan(out[indices]).any():
                continue
            batch = collate(tokenizer, [rows[index] for index in indices])
            batch.pop("labels", None)
            device = next(model.parameters()).device
            out[indices] = (
                model(**{name: value.to(device) for name, value in batch.items()}).logits.float().cpu().numpy()
            )
            advance(done)
    return out
