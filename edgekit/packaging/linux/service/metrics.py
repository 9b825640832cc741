"""What Prometheus reads at `/metrics`."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from edgekit.agent.json_object import JsonObject

from .model import Model

KIND = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one service: `process_*` of the front, `edgekit_worker_*` of the process with the model."""

    def __init__(self, facts: JsonObject) -> None:
        # else each counter has a second line with its date of birth
        disable_created_metrics()
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels_of_package = {name: str(facts[name]) for name in ("name", "version", "task", "content_hash")}
        Info("edgekit_package", "The package that is served.", registry=registry).info(labels_of_package)
        labels = ("path", "status")
        self._requests = Counter("edgekit_requests", "Requests by path and status.", labels, registry=registry)
        self._seconds = Histogram(
            "edgekit_request_seconds",
            "From a request that has come to its answer, waiting included.",
            ("path",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.texts = Counter("edgekit_texts", "Texts that were classified.", registry=registry)
        self.tokens = Counter("edgekit_tokens", "Tokens that were generated.", registry=registry)
        self.connections = Gauge("edgekit_connections", "Connections that are open.", registry=registry)
        self.refused = Counter("edgekit_connections_refused", "Connections beyond the limit.", registry=registry)

    def watch(self, model: Model) -> None:
        """Read these off the model whenever they are asked for."""
        watched = {
            "edgekit_waiting": ("Requests that wait for the model.", lambda: float(model.waiting)),
            "edgekit_in_progress": ("Requests that the model works on.", lambda: float(model.working)),
            "edgekit_worker_up": ("Whether a proven worker runs.", lambda: float(model.proven is not None)),
            "edgekit_worker_resident_memory_bytes": ("Memory of the worker.", lambda: model.rss_bytes),
            "edgekit_worker_restarts": ("Workers started after the first.", lambda: float(model.restarts)),
        }
        for name, (about, read) in watched.items():
            Gauge(name, about, registry=self._registry).set_function(read)

    def count(self, path: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus takes it."""
        text: bytes = generate_latest(self._registry)
        return text
