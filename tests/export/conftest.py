import pytest
from tiny_checkpoint import tiny_classifier, tiny_tokenizer


@pytest.fixture(scope="session")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture(scope="session")
def model(tokenizer):
    # with these weights no activation lies so near a rounding boundary that runtime and simulation take two sides
    return tiny_classifier(tokenizer, seed=1)
