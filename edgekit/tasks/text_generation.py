"""Text generation: the next tokens of a prompt, by a causal language model."""

from __future__ import annotations

from edgekit.tasks.task import Task

TASK = Task(
    name="text-generation",
    labels=False,
    generates=True,
    reserved=1,
    noun="language model",
    bundle_noun="decoder",
    auto_class="AutoModelForCausalLM",
    class_endings=("ForCausalLM", "LMHeadModel"),
    figures=frozenset({"generation", "perplexity"}),
)
