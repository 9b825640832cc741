"""Tiny checkpoints whose logits are a number or labels each by itself, and rows for them."""

import json
import random

from tests.tiny_checkpoint import tiny_classifier, tiny_tokenizer

WORDS = {"toxic": "bad", "obscene": "dirty", "threat": "kill"}
LABELS = tuple(WORDS)


def head_checkpoint(folder, problem_type, labels, *, named=True):
    """A DistilBERT with logits of its own for each label; its configuration says the problem type, or nothing."""
    import torch

    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.models.registry import describe

    tokenizer = tiny_tokenizer()
    model = tiny_classifier(tokenizer)
    head = describe(model).head[-1].linear
    torch.manual_seed(1)
    head.weight = torch.nn.Parameter(torch.randn(len(labels), head.in_features))
    head.bias = torch.nn.Parameter(torch.randn(len(labels)) * 0.1)
    head.out_features = len(labels)
    model.num_labels = len(labels)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: number for number, label in enumerate(labels)}
    model.config.problem_type = problem_type if named else None
    folder.mkdir(parents=True)
    save_checkpoint(model, tokenizer, folder, lineage=())
    return folder


def label_rows(count, seed=0):
    """Texts with the labels whose words they hold."""
    drawn = random.Random(seed)
    rows = []
    for number in range(count):
        held = [label for label in LABELS if drawn.random() < 0.4]
        rows.append((" ".join(["turn", "on", *(WORDS[label] for label in held), "lights", str(number % 7)]), held))
    return rows


def number_rows(count, seed=0):
    """Texts with numbers that grow with their length."""
    drawn = random.Random(seed)
    return [("turn on " + "the " * (n % 8) + "lights", (n % 8) * 0.137 + drawn.random() * 0.05) for n in range(count)]


def write_labels(path, rows):
    path.write_text("".join(json.dumps({"text": text, "labels": held}) + "\n" for text, held in rows))
    return path


def write_numbers(path, rows):
    path.write_text("text,label\n" + "".join(f"{text},{value:.3f}\n" for text, value in rows))
    return path
