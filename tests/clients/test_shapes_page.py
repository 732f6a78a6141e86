"""docs/posting.md: its tables are those of the code, and its snippets run.

The SDKs are stand-ins whose objects are those of the real ones: of openai 3.57, anthropic 2.14,
litellm 1.110, opentelemetry-sdk 1.45 and ai 6.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from playwright._impl._driver import compute_driver_executable

from stats.ingest.shapes import SHAPES, Keys, Shape
from stats.ingest.validation import WARNINGS, NewCall, parse_call
from tests.clients.conftest import NewClient
from tests.clients.stub import Says, Stub
from tests.processes import PROJECT

pytestmark = pytest.mark.database("sqlite")

PAGE = (PROJECT / "docs/posting.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```(python|js)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def table() -> str:
    """Of the shapes, as the page shows it."""
    head = ("shape", "told by", "tokens in", "tokens out", "total", "cost", "currency")
    return _as_table(head, [_row(shape) for shape in SHAPES])


def warnings_table() -> str:
    return _as_table(
        ("warning", "meaning"), [(f"`{code}`", meaning) for code, meaning in WARNINGS.items()]
    )


def _as_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines).replace(" --- ", "---")


def _row(shape: Shape) -> tuple[str, ...]:
    told = "; and ".join(_either(keys) for keys in shape.required)
    unless = f"; without {_either(shape.unless)}" if shape.unless else ""
    cost = _either(shape.cost) or "none"
    if shape.cost_parts:
        cost += " or " + _sum([(key,) for key in shape.cost_parts])
    currency = " or ".join(filter(None, [_either(shape.currency), "USD"]))
    return (
        *(shape.name, told + unless, _sum(shape.tokens_in) or "none"),
        _sum(shape.tokens_out) or "none",
        *(_either(shape.total) or "the sum", cost, currency),
    )


def _either(keys: Keys) -> str:
    return " or ".join(f"`{key}`" for key in keys)


def _sum(groups: Any) -> str:
    parts = [_either(keys) for keys in groups]
    return " + ".join(f"({part})" if " or " in part and len(parts) > 1 else part for part in parts)


def test_the_tables_are_those_of_the_code() -> None:
    assert table() in PAGE
    assert warnings_table() in PAGE


def snippet(needle: str) -> str:
    found: str
    (found,) = [code for _language, code in SNIPPETS if needle in code]
    assert len(found.strip().splitlines()) <= 15
    return found


class Model:
    """As pydantic's, on which the SDKs of OpenAI and Anthropic are built."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def model_dump(self) -> dict[str, Any]:
        return self.values


@dataclass
class Recorder:
    """A client, what the snippets import, and what arrives at the ledger."""

    client: Any
    stub: Stub
    patch: pytest.MonkeyPatch

    def module(self, name: str, **content: Any) -> None:
        module = ModuleType(name)
        vars(module).update(content)
        self.patch.setitem(sys.modules, name, module)

    def run(self, needle: str) -> dict[str, Any]:
        names: dict[str, Any] = {"usage": self.client}
        exec(snippet(needle), names)
        return names

    def recorded(self) -> NewCall:
        """The one call that arrived, as the ledger would store it."""
        assert self.client.flush(60)
        assert self.client.status().dead_letters == 0
        (call,) = self.stub.requests[-1].calls
        return parse_call(call, UTC, datetime.now(UTC) + timedelta(minutes=1))


@pytest.fixture
def recorder(new_client: NewClient, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(new_client(stub.url), stub, monkeypatch)


def counts(call: NewCall) -> tuple[int | None, ...]:
    return call.prompt_tokens, call.completion_tokens, call.total_tokens


@pytest.mark.parametrize(
    "usage",
    [
        Model(
            input_tokens=31,
            input_tokens_details={"cached_tokens": 10},
            output_tokens=12,
            output_tokens_details={"reasoning_tokens": 8},
            total_tokens=43,
        ),
        Model(
            completion_tokens=12,
            prompt_tokens=31,
            total_tokens=43,
            completion_tokens_details=None,
            prompt_tokens_details=None,
        ),
    ],
)
def test_openai(recorder: Recorder, usage: Model) -> None:
    def create(model: str, input: str) -> Any:
        return SimpleNamespace(output_text=input.upper(), usage=usage)

    responses = SimpleNamespace(create=create)
    recorder.module("openai", OpenAI=lambda: SimpleNamespace(responses=responses))
    assert recorder.run("import OpenAI")["ask_openai"]("why") == "WHY"
    call = recorder.recorded()
    assert (counts(call), call.warnings) == ((31, 12, 43), ("unpriced",))
    assert (call.user_id, call.api_endpoint, call.success) == (7, "/v1/responses", True)


def test_anthropic(recorder: Recorder) -> None:
    usage = Model(
        cache_creation=None,
        cache_creation_input_tokens=200,
        cache_read_input_tokens=3_000,
        inference_geo=None,
        input_tokens=5,
        output_tokens=70,
        output_tokens_details=None,
        server_tool_use=None,
        service_tier="standard",
    )

    def create(model: str, max_tokens: int, messages: list[dict[str, str]]) -> Any:
        text = messages[0]["content"].upper()
        return SimpleNamespace(content=[SimpleNamespace(text=text)], usage=usage)

    messages = SimpleNamespace(create=create)
    recorder.module("anthropic", Anthropic=lambda: SimpleNamespace(messages=messages))
    assert recorder.run("import Anthropic")["ask_anthropic"]("why") == "WHY"
    call = recorder.recorded()
    assert (counts(call), call.warnings) == ((3_205, 70, 3_275), ("unpriced",))


@pytest.mark.parametrize("is_failure", [False, True])
def test_litellm(recorder: Recorder, is_failure: bool) -> None:
    litellm: Any = SimpleNamespace(callbacks=[])
    recorder.patch.setitem(sys.modules, "litellm", litellm)
    recorder.module("litellm.integrations")
    recorder.module("litellm.integrations.custom_logger", CustomLogger=object)
    recorder.run("import litellm")
    payload: dict[str, Any] = {
        "id": "chatcmpl-f2aa7383",
        "call_type": "completion",
        "status": "failure" if is_failure else "success",
        "cache_hit": None,
        "response_time": 1.007296085357666,
        "metadata": {"usage_object": {"prompt_tokens": 10}},
        "response_cost": 0.0 if is_failure else 0.0123,
        "total_tokens": 0 if is_failure else 30,
        "prompt_tokens": 0 if is_failure else 10,
        "completion_tokens": 0 if is_failure else 20,
        "messages": [{"role": "user", "content": "a secret"}],
        "response": {"choices": []},
        "error_str": "InternalServerError: no" if is_failure else None,
    }
    (logger,) = litellm.callbacks
    log = logger.log_failure_event if is_failure else logger.log_success_event
    # By name, as LiteLLM does.
    log(
        kwargs={"standard_logging_object": payload, "user": "7"},
        response_obj=None,
        start_time=NOW,
        end_time=NOW + timedelta(milliseconds=1_007),
    )
    call = recorder.recorded()
    assert b"secret" not in recorder.stub.requests[-1].body
    assert (call.user_id, call.api_endpoint, call.response_time_ms) == (7, "completion", 1_007)
    assert (call.success, call.error_message) == (not is_failure, payload["error_str"])
    assert float(call.cost or 0) == payload["response_cost"]
    assert (counts(call), call.warnings) == ((0, 0, 0) if is_failure else (10, 20, 30), ())


def test_opentelemetry(recorder: Recorder) -> None:
    for package in ("opentelemetry", "opentelemetry.sdk"):
        recorder.module(package)
    recorder.module("opentelemetry.sdk.trace", SpanProcessor=object)
    processor = recorder.run("SpanProcessor")["UsageProcessor"]()
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small-model",
        "gen_ai.usage.input_tokens": 31,
        "gen_ai.usage.output_tokens": 12,
        "gen_ai.input.messages": "a secret",
        "enduser.id": "7",
    }
    span = SimpleNamespace(
        name="chat small-model",
        start_time=1_000_000_000,
        end_time=1_768_900_000,
        status=SimpleNamespace(is_ok=False, description="timed out"),
    )
    span.attributes = {"http.method": "GET"}
    processor.on_end(span)
    span.attributes = attributes
    processor.on_end(span)
    call = recorder.recorded()
    assert b"secret" not in recorder.stub.requests[-1].body
    assert (counts(call), call.warnings) == ((31, 12, 43), ("unpriced",))
    assert (call.user_id, call.api_endpoint, call.response_time_ms) == (7, "chat small-model", 768)
    assert (call.success, call.error_message) == (False, "timed out")


def test_vercel(stub: Stub, tmp_path: Path) -> None:
    """With the node that comes with the browser's tests."""
    package = tmp_path / "node_modules/ai"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "ai", "type": "module", "main": "ai.js"}')
    (package / "ai.js").write_text(
        """export async function generateText({ model, prompt }) {
          const totalUsage = {
            inputTokens: 31, inputTokenDetails: { cacheReadTokens: undefined },
            outputTokens: 12, outputTokenDetails: { reasoningTokens: 8 },
            totalTokens: 43, reasoningTokens: 8, cachedInputTokens: undefined,
          };
          return { text: prompt.toUpperCase(), usage: {}, totalUsage };
        }"""
    )
    stub.answer = lambda _request: Says(201, b"{}")
    script = tmp_path / "script.mjs"
    script.write_text(snippet("generateText") + 'console.log(await ask(7, "small", "why"));\n')
    node, _cli = compute_driver_executable()
    environment = {"LEDGER": stub.url, "KEY": "key"}
    done = subprocess.run([node, script], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("WHY\n", "")
    (request,) = stub.requests
    call = parse_call(msgspec.json.decode(request.body), UTC, NOW)
    assert (counts(call), call.warnings) == ((31, 12, 43), ("unpriced",))
    assert call.response_time_ms is not None
