"""Language models trained on text: blocks, perplexity that goes down, students that follow their teachers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama

from edgekit.compress.distillation.distill_language_model import distill_language_model
from edgekit.compress.distillation.student import make_student
from edgekit.compress.finetune import finetune_language_model
from edgekit.data.token_blocks import load_text, train_and_validation
from edgekit.errors import UsageError
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.reproduce.reproduce import prepare, reproduce
from edgekit.flows.train.train import distill, finetune
from edgekit.models.checkpoint import load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.registry import describe_decoder
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import DistillOptions, FinetuneOptions
from edgekit.schema.shape import Scratch, WantedShape

WORDS = (
    "the fox",
    "a crow",
    "the moon",
    "an owl",
    "sat on",
    "looked at",
    "sang to",
    "the wall",
    "the tree",
    "the sea",
)
SCRATCH = Scratch(family="gpt2", layers=2, hidden=32, heads=2, ffn=64, vocabulary=320, max_length=32, dropout=0)
TRAINING = {"epochs": 2, "batch_size": 8, "max_length": 32, "learning_rate": 3e-3}


def text(lines: int, seed: int) -> str:
    generator = np.random.default_rng(seed)
    subjects, verbs, objects = WORDS[:4], WORDS[4:7], WORDS[7:]
    return "".join(
        f"{generator.choice(subjects)} {generator.choice(verbs)} {generator.choice(objects)} .\n" for _ in range(lines)
    )


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories")
    for seed, (split, lines) in enumerate({"train": 600, "validation": 80, "test": 80}.items()):
        (folder / f"{split}.txt").write_text(text(lines, seed))
    return DataSpec.from_text(str(folder))


@pytest.fixture(scope="module")
def teacher(stories, tmp_path_factory):
    out = tmp_path_factory.mktemp("taught") / "teacher"
    return finetune(SCRATCH, stories, out, FinetuneOptions(**TRAINING | {"epochs": 4}))


def test_blocks_are_the_stream_of_all_documents(stories, tmp_path):
    tokenizer = byte_level_bpe()
    documents = tmp_path / "docs.jsonl"
    documents.write_text('{"text": "once upon a time"}\n"there was a fox"\n')
    data = load_text(DataSpec(train=documents, validation=documents))
    train, validation = train_and_validation(tokenizer, data, 5)
    end = tokenizer.eos_token_id
    wanted = [end, *tokenizer("once upon a time")["input_ids"], end, *tokenizer("there was a fox")["input_ids"]]
    assert train.ids.ravel().tolist() == wanted[: len(wanted) // 5 * 5] == validation.ids.ravel().tolist()
    assert data.sha256["train"] == data.sha256["validation"]


def test_without_validation_text_the_last_tenth_is_kept_for_it(stories):
    data = load_text(DataSpec(train=stories.train))
    train, validation = train_and_validation(byte_level_bpe(), data, 16)
    assert len(validation) == (len(train) + len(validation)) // 10


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"test": "x.txt"}, "none to train on"),
        ({"train": "x.txt"}, "too short to validate"),
        ({"train": "y.txt"}, "fewer"),
    ],
)
def test_text_that_will_not_do_is_refused(tmp_path, spec, message):
    (tmp_path / "x.txt").write_text("once upon a time " * 8)
    (tmp_path / "y.txt").write_text("once")
    with pytest.raises(UsageError, match=message):
        spec = DataSpec(**{name: tmp_path / file for name, file in spec.items()})
        train_and_validation(byte_level_bpe(), load_text(spec), 16)


def test_a_model_from_nothing_learns_to_foretell(stories, teacher):
    step = open_checkpoint(teacher).extras.lineage[-1]
    assert step.validation.accuracy is None
    assert step.validation.perplexity < 8, "320 at the start; with all that can be known about 2"
    assert step.inputs.keys() == {"text.train", "text.validation", "text.test"}
    measured = perplexity(teacher, stories)
    # blocks begin anew, windows as well: the same to a few per cent
    assert measured.perplexity == pytest.approx(step.validation.perplexity, rel=0.2)


def test_validation_perplexity_is_that_of_torch(stories, tmp_path):
    options = FinetuneOptions(**TRAINING)
    found = finetune_language_model(SCRATCH, load_text(stories), options, folder=tmp_path)
    _, validation = train_and_validation(found.tokenizer, load_text(stories), 32)
    with torch.no_grad():
        ids = torch.from_numpy(validation.ids.astype(np.int64))
        loss = torch.nn.functional.cross_entropy(found.model(ids).logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    assert found.trained.perplexity == pytest.approx(math.exp(loss.item()), rel=1e-4)
    assert found.trained.rows == len(validation)


@pytest.mark.parametrize("make", [tiny_gpt2, pytest.param(tiny_llama, marks=pytest.mark.slow)])
def test_a_pretrained_model_is_trained_on(stories, tmp_path, make):
    tokenizer = byte_level_bpe()
    start = save_decoder(make(tokenizer), tokenizer, tmp_path / "start")
    before = perplexity(start, stories).perplexity
    options = FinetuneOptions(**TRAINING | {"epochs": 1, "learning_rate": 1e-3})
    made = finetune(start, stories, tmp_path / "made", options)
    assert perplexity(made, stories).perplexity < before / 2


def test_a_student_has_fewer_layers_and_follows(stories, teacher, tmp_path):
    options = DistillOptions(**TRAINING, student=WantedShape(layers=1, ffn=48), top_k=16)
    made = distill(teacher, stories, tmp_path / "student", options)
    student = describe_decoder(load_decoder(open_checkpoint(made)))
    assert (len(student.blocks), student.blocks[0].ffn) == (1, 48)
    assert open_checkpoint(made).extras.lineage[-1].validation.perplexity < 8


@pytest.mark.parametrize("make", [tiny_gpt2, tiny_llama])
def test_a_student_of_the_same_shape_answers_as_its_teacher(make, tmp_path):
    tokenizer = byte_level_bpe()
    folder = save_decoder(make(tokenizer), tokenizer, tmp_path / "teacher")
    teacher = load_decoder(open_checkpoint(folder))
    student = make_student(teacher, WantedShape(layers=2))
    ids = torch.tensor([tokenizer("the fox and the crow")["input_ids"]])
    with torch.no_grad():
        assert torch.equal(student(ids).logits, teacher(ids).logits)


@pytest.mark.parametrize("make", [pytest.param(tiny_gpt2, marks=pytest.mark.slow), tiny_llama])
def test_a_narrower_student_can_be_saved_and_trained(stories, make, tmp_path):
    tokenizer = byte_level_bpe()
    start = save_decoder(make(tokenizer), tokenizer, tmp_path / "teacher")
    options = DistillOptions(**TRAINING | {"epochs": 1}, student=WantedShape(layers=1, hidden=32))
    made = distill(start, stories, tmp_path / "student", options)
    student = describe_decoder(load_decoder(open_checkpoint(made)))
    heads = (student.blocks[0].heads, student.blocks[0].kv_heads)
    assert (student.hidden, heads) == (32, (2, 2) if make is tiny_gpt2 else (2, 1))
    assert student.tied


def test_a_new_student_has_the_teachers_tokens_and_another_family(stories, teacher, tmp_path):
    options = DistillOptions(**TRAINING, scratch=SCRATCH.model_copy(update={"family": "llama", "layers": 1}))
    made = distill(teacher, stories, tmp_path / "student", options)
    assert open_checkpoint(made).family == "llama"
    # an affix that is none stands as null or as ""
    files = [(folder / "tokenizer.json").read_text().replace(': ""', ": null") for folder in (made, teacher)]
    assert files[0] == files[1]


def test_what_the_teacher_finds_most_probable_is_kept(stories, teacher, tmp_path):
    data, options = load_text(stories), DistillOptions(**TRAINING | {"epochs": 1}, top_k=8)
    start = open_checkpoint(teacher)
    distill_language_model(start, data, options, folder=tmp_path)
    values = np.load(next(tmp_path.glob("teacher-*-log-probabilities.npy")))
    ids = np.load(next(tmp_path.glob("teacher-*-ids.npy")))
    assert values.dtype == np.float16 and ids.dtype == np.int32 and values.shape == ids.shape
    blocks, _ = train_and_validation(load_tokenizer(start), data, 32)
    with torch.no_grad():
        logits = load_decoder(start)(torch.from_numpy(blocks.ids[:1].astype(np.int64))).logits / options.temperature
    wanted = logits.log_softmax(-1).topk(8)
    assert (ids[0] == wanted.indices[0].numpy()).mean() > 0.99
    np.testing.assert_allclose(values[0], wanted.values[0].numpy(), rtol=2e-3, atol=2e-3)


def test_rows_of_a_teachers_table_that_no_token_has_are_not_followed(stories, tmp_path):
    tokenizer = byte_level_bpe()
    model = tiny_llama(tokenizer, tie_word_embeddings=False)
    model.resize_token_embeddings(len(tokenizer) + 44)
    with torch.no_grad():
        model.lm_head.weight[len(tokenizer) :] = 9 * model.lm_head.weight[0]
    folder = save_decoder(model, tokenizer, tmp_path / "teacher")
    options = DistillOptions(**TRAINING | {"epochs": 1}, scratch=SCRATCH.model_copy(update={"layers": 1}), top_k=400)
    found = distill_language_model(open_checkpoint(folder), load_text(stories), options, folder=tmp_path / "work")
    assert math.isfinite(found.trained.perplexity)
    assert np.load(next((tmp_path / "work").glob("teacher-*-ids.npy"))).max() < len(tokenizer)


def test_a_teacher_that_counts_for_nothing_is_not_asked(stories, teacher, tmp_path):
    data, options = load_text(stories), DistillOptions(**TRAINING | {"epochs": 1}, soft_weight=0)
    found = distill_language_model(open_checkpoint(teacher), data, options, folder=tmp_path)
    assert list(tmp_path.glob("teacher-*")) == []
    assert found.trained.perplexity < 8


def test_what_is_for_classifiers_is_refused(stories, teacher, tmp_path):
    with pytest.raises(UsageError, match="--relation-weight is for classifiers"):
        distill(teacher, stories, tmp_path / "student", DistillOptions(relation_weight=1))


def test_a_student_with_other_tokens_is_refused(stories, teacher, tmp_path):
    tokenizer = byte_level_bpe()
    start = save_decoder(tiny_gpt2(tokenizer), tokenizer, tmp_path / "start")
    with pytest.raises(UsageError, match="other tokens"):
        distill(teacher, stories, tmp_path / "student", DistillOptions(student_from=str(start)))


def test_a_language_model_and_its_student_are_reproduced_to_the_bit(stories, teacher, tmp_path):
    options = DistillOptions(**TRAINING | {"epochs": 1}, student=WantedShape(layers=1), top_k=8)
    made = distill(teacher, stories, tmp_path / "student", options)
    found = reproduce(prepare(made, data=stories))
    assert [outcome.verdict for outcome in found.outcomes] == ["identical", "identical"]
    assert found.exit_code == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.txt").write_text(text(600, 9))
    with pytest.raises(UsageError, match="the train rows are not those recorded"):
        prepare(made, data=DataSpec.from_text(str(tmp_path / "other")))
