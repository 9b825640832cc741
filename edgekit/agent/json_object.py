"""A JSON object as Python has it: manifests, messages and records are such, before anything has checked them."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]
