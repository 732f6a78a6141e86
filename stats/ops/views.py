"""/healthz, /readyz and /metrics: without login, session or secrets."""

import logging
import os

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from stats.ops.ledger import LedgerCollector
from stats.ops.readiness import NotReadyError, check_ready
from stats.rollups import state

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 if this process answers. It uses no other service."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 with the size of the tail; 503 with the reason if this process cannot serve."""
    try:
        check_ready()
    except NotReadyError as error:
        logger.warning("Not ready", exc_info=error)
        return JsonResponse({"status": "not ready", "reason": str(error)}, status=503)
    rollups = state.read_rollup_state()
    return JsonResponse(
        {"status": "ready", "fold": {"waiting_calls": rollups.tail, "folded_at": rollups.folded_at}}
    )


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The counters of all workers and the ledger's gauges, in a format of Prometheus."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(LedgerCollector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)
