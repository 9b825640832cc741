"""RoBERTa (Liu et al. 2019, arXiv 1907.11692): BERT's blocks, mostly one token type, positions behind the padding's.

Its head is a dense layer with tanh on the first token, as BERT's pooler is, but trained with the classifier.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.errors import UsageError
from edgekit.models.activations import activation_of
from edgekit.models.encoder import Dense, Encoder, require_plain_attention
from edgekit.models.families.bert import Bert, block
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.models.typed_model import TYPES, reads_types


class Roberta(Bert):
    """BERT's configuration and blocks."""

    inputs = ("input_ids", "attention_mask")

    def inputs_of(self, config: Mapping[str, object]) -> tuple[str, ...]:
        """Also token types, where it has been given several."""
        types = config.get("type_vocab_size", 2)
        return (*self.inputs, TYPES) if isinstance(types, int) and types > 1 else self.inputs

    def first_position(self, config: ModelConfig) -> int:
        """The rows up to that of the padding token stand for no position; `UsageError` where there is none."""
        if config.pad_token_id is None:
            raise UsageError("this RoBERTa names no padding token, behind which its positions begin")
        return int(config.pad_token_id) + 1

    def describe(self, model: LoadedModel) -> Encoder:
        """Where the modules of a `RobertaForSequenceClassification` are."""
        require_plain_attention(model.config)
        body, head = model.base_model, model.get_submodule("classifier")
        types, typed = body.embeddings.token_type_embeddings, reads_types(model, usual=False)
        return Encoder(
            family="roberta",
            token_embedding=body.embeddings.word_embeddings,
            position_embedding=body.embeddings.position_embeddings,
            token_type_embedding=types if typed else None,
            embedding_norm=body.embeddings.LayerNorm,
            blocks=[block(layer) for layer in body.encoder.layer],
            head=[Dense(head.dense, "tanh"), Dense(head.out_proj, "none")],
            activation=activation_of(model.config.hidden_act),
            first_position=self.first_position(model.config),
            only_type=None if typed else types,
            padding_id=self.first_position(model.config) - 1,
        )


FAMILY = Roberta()
