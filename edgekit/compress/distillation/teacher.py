"""A teacher, and what it answers to the rows: logits of a classifier, the most probable tokens of a language model.

Each is asked once and cached (`teacher_cache`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.compress.distillation.student_init import same_tokens
from edgekit.compress.distillation.teacher_cache import cache_name, cached_arrays
from edgekit.compress.training.distributed import device
from edgekit.compress.training.training_job import TrainingJob
from edgekit.data.splits import Data
from edgekit.data.token_blocks import Blocks, TextData
from edgekit.data.tokenizer import Tokenizer
from edgekit.data.tokens import Rows
from edgekit.models.classifier_logits import classifier_logits
from edgekit.models.loaded_model import LoadedModel

# blocks that a teacher is asked about at once: their logits are blocks * length * vocabulary floats
_BLOCKS_AT_ONCE = 4


@dataclass(frozen=True)
class Teacher:
    """A model with its tokenizer, and how much of it a student learns.

    temperature: softens both distributions;   soft_weight: the share of the loss that follows the teacher
    """

    model: LoadedModel
    tokenizer: Tokenizer
    temperature: float
    soft_weight: float

    def reads_as(self, tokenizer: Tokenizer) -> bool:
        """Whether it takes the same inputs as another tokenizer gives: the ids, and what comes with them."""
        same = set(self.tokenizer.model_input_names) == set(tokenizer.model_input_names)
        return same and same_tokens(tokenizer, self.tokenizer)


def with_teacher_logits(job: TrainingJob[Data], teacher: Teacher, rows: Rows, seen: Rows) -> Rows:
    """The rows with the teacher's logits as `teacher_logits`, float32 [rows, labels].

    seen: the same rows as the teacher's own tokenizer gives them
    """

    def fill(logits: object) -> None:
        teacher.model.to(device())
        classifier_logits(
            teacher.model,
            teacher.tokenizer,
            seen,
            out=logits,
            title=f"{job.title}: asking the teacher",
            progress=job.progress,
        )

    arrays = {"logits": ((len(seen), teacher.model.config.num_labels), np.float32)}
    (logits,) = cached_arrays(job.folder, cache_name(teacher.model, seen.ids), arrays, fill)
    return rows.adding("teacher_logits", logits)


def with_teacher_tokens(job: TrainingJob[TextData], teacher: Teacher, blocks: Blocks, top_k: int) -> Blocks:
    """The blocks with the tokens that the teacher finds most probable at each place, and their log-probabilities.

    `teacher_ids` int32 and `teacher_log_probabilities` float16 are [blocks, length, k]. They are those at the
    temperature, so that softening needs no logits. Rows of its embedding that no token has are left out: a student
    need not have them.
    """
    import torch

    model, temperature = teacher.model, teacher.temperature
    vocabulary = min(len(teacher.tokenizer), model.get_input_embeddings().num_embeddings)
    k = min(top_k, vocabulary)

    def fill(log_probabilities: Any, ids: Any) -> None:
        model.to(device())
        title = f"{job.title}: asking the teacher"
        with torch.inference_mode(), job.progress.task(title, len(blocks)) as advance:
            for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
                rows = slice(start, start + _BLOCKS_AT_ONCE)
                if np.isnan(log_probabilities[rows]).any():
                    inputs = torch.from_numpy(blocks.ids[rows].astype(np.int64)).to(device())
                    logits = model(inputs, use_cache=False).logits[..., :vocabulary].float() / temperature
                    most_probable = logits.log_softmax(-1).topk(k)
                    ids[rows] = most_probable.indices.cpu().numpy()
                    # written last: it is by its numbers that the ids count as known
                    log_probabilities[rows] = most_probable.values.cpu().numpy()
                advance(min(start + _BLOCKS_AT_ONCE, len(blocks)))

    shape = (*blocks.ids.shape, k)
    name = f"{cache_name(model, blocks.ids)}-{k}-{temperature:g}"
    arrays: dict[str, Any] = {"log-probabilities": (shape, np.float16), "ids": (shape, np.int32)}
    log_probabilities, ids = cached_arrays(job.folder, name, arrays, fill)
    return blocks.adding("teacher_ids", ids).adding("teacher_log_probabilities", log_probabilities)
