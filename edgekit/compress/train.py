"""The training loop: Hugging Face Trainer with a loss of our own, resumable, the best epoch kept."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.data.tokens import ShuffledByLength, collate
from edgekit.spec.errors import ToolError
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.train_options import TrainOptions

# loss(logits [batch, labels], batch) -> scalar; the batch holds what the rows held beside their inputs
Loss = Callable[[Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Trained:
    """How a training run ended: accuracy in % on validation, of the best epoch."""

    validation_accuracy: float


def cross_entropy(logits: Any, batch: dict[str, Any]) -> Any:
    """Mean cross entropy with the rows' labels."""
    import torch

    return torch.nn.functional.cross_entropy(logits, batch["labels"])


def train(
    model: Any,
    tokenizer: Any,
    rows: list[dict[str, Any]],
    validation: list[dict[str, Any]],
    options: TrainOptions,
    *,
    loss: Loss,
    learning_rate: float,
    work: Path,
    title: str,
    progress: Progress = SILENT,
) -> Trained:
    """Train `model` in place and leave the epoch with the best validation accuracy in it.

    `work` holds a training checkpoint for each epoch: called again after an interruption it goes on from the last,
    and it is removed at the end. Raises `ToolError` if the loss ceases to be a number.
    """
    import torch
    from transformers import PrinterCallback

    extra = sorted(rows[0].keys() - {"labels", *tokenizer.model_input_names})
    trainer = _trainer_class()(
        model=model,
        args=_arguments(options, learning_rate, len(rows), work),
        train_dataset=rows,
        eval_dataset=validation,
        data_collator=lambda batch: collate(tokenizer, batch),
        compute_metrics=_accuracy,
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.edgekit_loss = loss
    trainer.edgekit_extra = extra
    if options.patience:
        trainer.add_callback(_early_stopping(options.patience))
    try:
        with progress.task(title, trainer_steps(options, len(rows))) as advance:
            trainer.add_callback(_reporter(advance))
            trainer.train(resume_from_checkpoint=_last(work))
    except FloatingPointError as error:
        raise ToolError(f"{title}: {error}", advice="lower the learning rate") from None
    shutil.rmtree(work, ignore_errors=True)
    with torch.no_grad():
        model.eval()
    return Trained(validation_accuracy=100 * (trainer.state.best_metric or 0.0))


def trainer_steps(options: TrainOptions, rows: int) -> int:
    """Optimizer steps of a whole run."""
    return max(1, math.ceil(options.epochs * math.ceil(rows / options.batch_size)))


def _arguments(options: TrainOptions, learning_rate: float, rows: int, work: Path) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=options.epochs,
        learning_rate=learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=64,
        weight_decay=options.weight_decay,
        warmup_steps=round(options.warmup * trainer_steps(options, rows)),
        lr_scheduler_type="linear",
        seed=options.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        greater_is_better=True,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=False,
    )


def _trainer_class() -> Any:
    """Trainer with the caller's loss; made here because transformers is imported late."""
    import torch
    from transformers import Trainer

    class LossTrainer(Trainer):  # type: ignore[misc]
        """Runs the model on its own inputs alone, and hands the whole batch to the loss."""

        edgekit_loss: Loss
        edgekit_extra: list[str]

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            lengths = [len(row["input_ids"]) for row in train_dataset or self.train_dataset]
            return ShuffledByLength(lengths, self.args.train_batch_size, self.args.seed)

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """Loss of a batch; while evaluating that is the cross entropy, whatever is trained for."""
            beside = ("labels", *self.edgekit_extra)
            outputs = model(**{name: value for name, value in inputs.items() if name not in beside})
            loss = (self.edgekit_loss if model.training else cross_entropy)(outputs.logits, inputs)
            if not torch.isfinite(loss):
                raise FloatingPointError("the loss is no longer a number")
            return (loss, outputs) if return_outputs else loss

    return LossTrainer


def _accuracy(prediction: Any) -> dict[str, float]:
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def _early_stopping(patience: int) -> Any:
    from transformers import EarlyStoppingCallback

    return EarlyStoppingCallback(early_stopping_patience=patience)


def _reporter(advance: Any) -> Any:
    """A callback that turns the trainer's steps into progress, with the last validation accuracy beside it."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]
        note = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            advance(state.global_step, self.note)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
            self.note = f"validation {100 * metrics['eval_accuracy']:.1f} %"
            advance(state.global_step, self.note)

    return Reporter()


def _last(work: Path) -> str | None:
    """The newest complete training checkpoint in `work`, if an earlier run left one."""
    from transformers.trainer_utils import get_last_checkpoint

    if not work.is_dir():
        return None
    found: str | None = get_last_checkpoint(str(work))
    return found if found and (Path(found) / "trainer_state.json").is_file() else None
