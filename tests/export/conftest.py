import pytest
from tiny_checkpoint import tiny_classifier, tiny_tokenizer


@pytest.fixture(scope="session")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture(scope="session")
def model(tokenizer):
    return tiny_classifier(tokenizer)
