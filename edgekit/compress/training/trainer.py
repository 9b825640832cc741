"""Hugging Face's Trainer with a loss of our own, and layers that may learn at rates of their own."""

from __future__ import annotations

from itertools import groupby, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.compress.training import distributed
from edgekit.compress.training.callbacks import LossMeter
from edgekit.compress.training.resume import seal
from edgekit.compress.training.training_job import Objective
from edgekit.data.tokens import ShuffledByLength
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import family_of
from edgekit.models.transformers_release import release

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer


def trainer_class() -> Any:
    """Trainer with the caller's loss; made here because transformers is imported late."""
    import torch
    from transformers import Trainer, TrainerState

    class LossTrainer(Trainer):  # type: ignore[misc]
        """Runs the model on its own inputs alone, and hands the whole batch to the loss."""

        edgekit_objective: Objective
        edgekit_layer_decay: float
        edgekit_losses: LossMeter

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            rows = self.train_dataset if train_dataset is None else train_dataset
            return ShuffledByLength(rows.lengths, self.args.train_batch_size, self.args.seed)

        def create_optimizer(self, *arguments: object) -> Any:
            """As Trainer does, lower layers slower where that is wanted."""
            optimizer = super().create_optimizer(*arguments)
            if self.edgekit_layer_decay < 1:
                decay_by_layer(optimizer, self.model, self.edgekit_layer_decay)
            return optimizer

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """Loss of a batch; while evaluating that of the metric, whatever is trained for."""
            loss, outputs = _batch_loss(model, inputs, self.edgekit_objective, self.edgekit_losses)
            return (loss, outputs) if return_outputs else loss

        def evaluate(self, *arguments: object, **named: object) -> Any:
            """Beside the training: what is random in it goes on as if nobody had looked."""
            with torch.random.fork_rng(devices=()):
                return super().evaluate(*arguments, **named)

        def load_best(self, ended: Path) -> None:
            """The end of a training whose every step was taken before an interruption."""
            self.state = TrainerState.load_from_json(str(ended / "trainer_state.json"))
            self._load_best_model()

        def _issue_warnings_after_load(self, load_result: object) -> None:
            """Nothing to say: of a checkpoint of its own only weights are missing that are tied to others."""

        def _rotate_checkpoints(self, use_mtime: bool = False, output_dir: str | None = None) -> None:
            """Called by transformers 4 when a training checkpoint is written."""
            seal(Path(self.args.output_dir), self.state.global_step, self.state.best_global_step)

        def _save_checkpoint(self, *arguments: object, **named: object) -> None:
            """Release 5 calls nothing of its own once it is written."""
            super()._save_checkpoint(*arguments, **named)
            if release() >= 5 and self.args.should_save:
                self._rotate_checkpoints()

        def _save_rng_state(self, output_dir: str) -> None:
            """What is sealed is what every process has written."""
            super()._save_rng_state(output_dir)
            distributed.wait_for_all()

    return LossTrainer


def _batch_loss(model: Any, inputs: dict[str, Any], objective: Objective, losses: LossMeter) -> tuple[Any, Any]:
    """The loss of a batch and the model's outputs; `FloatingPointError` for a loss that is no number.

    losses: takes it, where the model is trained
    """
    outputs = model(**{name: inputs[name] for name in objective.inputs if name in inputs})
    loss = (objective.loss if model.training else objective.metric.loss)(outputs.logits, inputs)
    if not loss.isfinite():
        raise FloatingPointError("the loss is no longer a number")
    if model.training:
        losses.add(loss)
    return loss, outputs


def decay_by_layer(optimizer: Optimizer, model: LoadedModel, decay: float) -> None:
    """Split the groups of an optimizer that has taken no step: each block learns `decay` times as fast as the next.

    The head keeps its rate, the last block has `decay` times it, the embeddings have decay^(blocks + 1) times it
    (Clark et al. 2020, arXiv 2003.10555, section 3.2 and appendix B). An embedding that is the head as well counts as
    an embedding. Raises `UsageError` for a model of a family that cannot be taken apart.
    """
    depths = _depths(model)

    def depth(parameter: nn.Parameter) -> int:
        return depths.get(id(parameter), 0)

    optimizer.param_groups = [
        {**group, "params": list(alike), "lr": group["lr"] * decay**below}
        for group in optimizer.param_groups
        for below, alike in groupby(sorted(group["params"], key=depth), key=depth)
    ]


def _depths(model: LoadedModel) -> dict[int, int]:
    """How far below the head a parameter is, by its id; the head's own, and those of the loss, are not named."""
    blocks = list(family_of(model).blocks(model))
    inside = {id(each): len(blocks) - number for number, block in enumerate(blocks) for each in block.parameters()}
    # in every family modules are registered in the order in which they run: the embeddings, the blocks, the head
    embeddings = takewhile(lambda each: id(each) not in inside, model.parameters())
    return inside | {id(each): len(blocks) + 1 for each in embeddings}
