"""What a person should know of data and of a training that has ended, a sentence each with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.bundle.training_record import DataFacts, TrainingLog
from edgekit.io.printable import visible_name
from edgekit.measure.accuracy.hints import never_predicted
from edgekit.options.train_options import TrainOptions

# rows of the most frequent label for one of the rarest, from which labels count as unevenly spread
_UNEVEN = 10
# points of a share, or a share of any other figure, by which a last validation is better than all before it
_POINTS, _SHARE = 0.5, 0.01


def data_hints(facts: DataFacts, options: TrainOptions) -> Iterator[str]:
    """Of the training rows, before anything long begins."""
    labels = facts.splits["train"].labels if "train" in facts.splits else {}
    counted = {label: count for label, count in labels.items() if count}
    if len(counted) < 2 or options.class_weights is not None:
        return
    (most, many), (rarest, few) = next(iter(counted.items())), list(counted.items())[-1]
    if many >= _UNEVEN * few:
        yield (
            f"labels are unevenly spread: {visible_name(most)} has {many:,} training rows, {visible_name(rarest)} "
            f"{few:,}; --class-weights balanced lets each weigh as much, --metric macro_f1 chooses by all alike"
        )


def training_hints(facts: DataFacts, log: TrainingLog, options: TrainOptions) -> Iterator[str]:
    """Of how a training ended."""
    if _still_improving(log):
        last = log.validations[-1].value
        yield (
            f"validation was still improving when training ended ({last:.4g} after {log.done:,} steps): "
            f"more may help, --epochs {2 * options.epochs:g} (`epochs` of the stage in a recipe)"
        )
    labels = facts.splits["validation"].labels if "validation" in facts.splits else {}
    rows = facts.splits["validation"].rows if labels else 0
    best = next((point.value for point in log.validations if point.step == log.best_step), None)
    if rows and log.metric == "accuracy" and best is not None:
        most = max(labels, key=lambda label: labels[label])
        majority = 100 * labels[most] / rows
        if best <= majority:
            yield (
                f"the model is no better than saying {visible_name(most)} always: {best:.2f} % on validation, and "
                f"{majority:.2f} % of the rows have that label; train longer or at another learning rate"
            )
        elif log.bag_of_words is not None and best < log.bag_of_words:
            yield (
                f"a bag of words does better on validation ({log.bag_of_words:.2f} % against {best:.2f} %): train "
                "longer, at another learning rate, or from another model"
            )
    if log.never_predicted:
        yield never_predicted(log.never_predicted, "validation")


def _still_improving(log: TrainingLog) -> bool:
    """Whether the last validation of a training that took all its steps is clearly the best."""
    if len(log.validations) < 2 or log.done < log.steps:
        return False
    *before, last = (point.value for point in log.validations)
    if log.better == "higher":
        return last >= max(before) + _POINTS
    return last < min(before) * (1 - _SHARE)
