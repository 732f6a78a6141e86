"""docs/posting.md: its snippets run in the SDKs themselves, and the ledger understands what they
post.

The clients of OpenAI and Anthropic ask a server of the tests, which gives retyped answers. LiteLLM
and Vercel's SDK have mock models of their own. OpenTelemetry's spans are real ones.
"""

import asyncio
import importlib
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode
from usage_client import UsageClient

from stats.ingest.validation import NewCall, parse_call
from tests.clients.conftest import NewClient
from tests.clients.stub import Says, Stub, serving
from tests.processes import NODE_MODULES, PROJECT

pytestmark = pytest.mark.database("sqlite")

PAGE = (PROJECT / "docs/posting.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```(?:python|js)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ANSWERS = PROJECT / "tests/data/sdks"
QUESTION = "Why is the secret sky blue?"
MESSAGES = [{"role": "user", "content": QUESTION}]
TEXT = "Because blue light is scattered most."


def snippet(needle: str) -> str:
    found: str
    (found,) = [code for code in SNIPPETS if needle in code]
    assert len(found.strip().splitlines()) <= 15
    return found


@dataclass
class Recorder:
    """A client, which the snippets call `usage`, and what arrives at the ledger."""

    client: UsageClient
    ledger: Stub

    def run(self, needle: str) -> Any:
        names: dict[str, Any] = {"usage": self.client}
        exec(snippet(needle), names)
        return names

    def recorded(self) -> NewCall:
        """The one call that arrived, as the ledger would store it."""
        # LiteLLM tells of a call in a thread of its own.
        self.ledger.wait_for(1)
        assert self.client.flush(60)
        assert self.client.status().dead_letters == 0
        (request,) = self.ledger.requests
        (call,) = request.calls
        assert b"secret" not in request.body
        return stored(call)


def stored(call: object) -> NewCall:
    return parse_call(call, UTC, datetime.now(UTC) + timedelta(minutes=1))


def counts(call: NewCall) -> tuple[int | None, ...]:
    return call.prompt_tokens, call.completion_tokens, call.total_tokens


@pytest.fixture
def recorder(new_client: NewClient, stub: Stub) -> Recorder:
    return Recorder(new_client(stub.url), stub)


class Provider:
    """The server that the clients of OpenAI and Anthropic ask."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub

    def says(self, file: str) -> None:
        kind = "application/json" if file.endswith(".json") else "text/event-stream"
        answer = Says(200, (ANSWERS / file).read_bytes(), {"Content-Type": kind})
        self.stub.answer = lambda _request: answer

    def was_asked(self) -> dict[str, Any]:
        (request,) = self.stub.requests
        asked: dict[str, Any] = msgspec.json.decode(request.body)
        return asked


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with serving() as stub:
        for name in ("OPENAI", "ANTHROPIC"):
            monkeypatch.setenv(f"{name}_BASE_URL", stub.url)
            monkeypatch.setenv(f"{name}_API_KEY", "key")
        yield Provider(stub)


def test_openai(recorder: Recorder, provider: Provider) -> None:
    provider.says("openai-responses.json")
    assert recorder.run("import OpenAI")["ask_openai"](QUESTION) == TEXT
    assert provider.was_asked() == {"model": "gpt-5-mini", "input": QUESTION}
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == ((31, 12, 43), Decimal(0), ("unpriced",))
    assert (call.user_id, call.api_endpoint, call.success) == (7, "/v1/responses", True)
    assert call.response_time_ms is not None


def chat(openai: Any) -> Any:
    return openai.chat.completions.create(model="gpt-5-mini", messages=MESSAGES)


def chat_stream(openai: Any) -> Any:
    options = {"include_usage": True}
    *_, last = openai.chat.completions.create(
        model="gpt-5-mini", messages=MESSAGES, stream=True, stream_options=options
    )
    return last


def responses_stream(openai: Any) -> Any:
    *_, last = openai.responses.create(model="gpt-5-mini", input=QUESTION, stream=True)
    return last.response


@pytest.mark.parametrize(
    ("ask", "file", "tokens"),
    [
        (chat, "openai-chat.json", (29, 210, 239)),
        (chat_stream, "openai-chat-stream.txt", (23, 75, 98)),
        (responses_stream, "openai-responses-stream.txt", (17, 88, 105)),
    ],
)
def test_other_answers_of_openai(
    recorder: Recorder,
    provider: Provider,
    ask: Callable[[Any], Any],
    file: str,
    tokens: tuple[int, ...],
) -> None:
    provider.says(file)
    answer = ask(recorder.run("import OpenAI")["openai"])
    recorder.client.record(7, None, "/v1", {"usage": answer.usage.model_dump()}, 768)
    call = recorder.recorded()
    assert (counts(call), call.warnings) == (tokens, ("unpriced",))


def test_anthropic(recorder: Recorder, provider: Provider) -> None:
    provider.says("anthropic-message.json")
    assert recorder.run("import Anthropic")["ask_anthropic"](QUESTION) == TEXT
    assert provider.was_asked()["messages"] == MESSAGES
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == (
        (3_205, 70, 3_275),
        Decimal(0),
        ("unpriced",),
    )
    assert (call.user_id, call.api_endpoint, call.success) == (7, "/v1/messages", True)
    assert call.response_time_ms is not None


def test_a_stream_of_anthropic(recorder: Recorder, provider: Provider) -> None:
    provider.says("anthropic-stream.txt")
    anthropic = recorder.run("import Anthropic")["anthropic"]
    arguments = {"model": "claude-sonnet-5", "max_tokens": 999, "messages": MESSAGES}
    with anthropic.messages.stream(**arguments) as stream:
        answer = stream.get_final_message()
    recorder.client.record(7, None, "/v1/messages", {"usage": answer.usage.model_dump()}, 768)
    call = recorder.recorded()
    assert (counts(call), call.warnings) == ((3_006, 15, 3_021), ("unpriced",))


@pytest.fixture(scope="module")
def litellm() -> Iterator[Any]:
    """Imported once, since that takes seconds. It reads no `.env` and asks no other host."""
    hosts, look_up = [], socket.getaddrinfo

    def watched(host: Any, *arguments: Any, **options: Any) -> Any:
        hosts.append(host)
        return look_up(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_MODE", "PRODUCTION")
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        patch.setattr(socket, "getaddrinfo", watched)
        yield importlib.import_module("litellm")
    assert set(hosts) == {"127.0.0.1"}


@pytest.fixture
def ask_litellm(litellm: Any, recorder: Recorder) -> Iterator[dict[str, Any]]:
    """The arguments of its `completion`, whose calls are logged."""
    recorder.run("import litellm")
    yield {"model": "gpt-4", "messages": MESSAGES, "user": "7"}
    litellm.logging_callback_manager._reset_all_callbacks()


def test_litellm(ask_litellm: dict[str, Any], litellm: Any, recorder: Recorder) -> None:
    litellm.completion(**ask_litellm, mock_response=TEXT)
    call = recorder.recorded()
    # LiteLLM's mock has these, at 30 and 60 USD a million.
    assert (counts(call), call.cost, call.warnings) == ((10, 20, 30), Decimal("0.0015"), ())
    assert (call.prompt_price_unit, call.user_id, call.api_endpoint) == ("USD", 7, "completion")
    assert (call.success, call.error_message) == (True, None)
    assert call.response_time_ms is not None


def test_a_stream_of_litellm(ask_litellm: dict[str, Any], litellm: Any, recorder: Recorder) -> None:
    chunks = list(litellm.completion(**ask_litellm, mock_response=TEXT, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == ((14, 7, 21), Decimal("0.0008"), ())
    assert (call.user_id, call.success) == (7, True)


def test_a_failure_of_litellm(
    ask_litellm: dict[str, Any], litellm: Any, recorder: Recorder
) -> None:
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(**ask_litellm, mock_response="litellm.RateLimitError")
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == ((0, 0, 0), Decimal(0), ())
    assert (call.user_id, call.api_endpoint, call.success) == (7, "completion", False)
    assert call.error_message == "litellm.RateLimitError: this is a mock rate limit error"


def test_acompletion_of_litellm(
    ask_litellm: dict[str, Any], litellm: Any, recorder: Recorder
) -> None:
    (logger,) = litellm.callbacks

    async def log(kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        logger.log_success_event(kwargs, response_obj, start_time, end_time)

    logger.async_log_success_event = log

    async def ask() -> None:
        await litellm.acompletion(**ask_litellm, mock_response=TEXT)
        await asyncio.to_thread(recorder.ledger.wait_for, 1)

    asyncio.run(ask())
    call = recorder.recorded()
    assert (counts(call), call.api_endpoint) == ((10, 20, 30), "acompletion")


CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "small-model",
    "gen_ai.request.max_tokens": 999,
    "gen_ai.input.messages": QUESTION,
    "enduser.id": "7",
}
TOKENS = {
    "gen_ai.usage.input_tokens": 31,
    "gen_ai.usage.output_tokens": 12,
    "gen_ai.usage.cache_read.input_tokens": 10,
}


Trace = Callable[..., None]


@pytest.fixture
def trace(recorder: Recorder) -> Iterator[Trace]:
    """Makes a span of 768.9 ms with these attributes, which ends with an error, if one is given."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(recorder.run("SpanProcessor")["UsageProcessor"]())
    tracer = provider.get_tracer("tests")

    def make(attributes: dict[str, Any], error: str | None = None) -> None:
        span = tracer.start_span("chat small-model", attributes=attributes, start_time=10**9)
        if error is not None:
            span.set_status(StatusCode.ERROR, error)
        span.end(1_768_900_000)

    yield make
    provider.shutdown()


def test_opentelemetry(recorder: Recorder, trace: Trace) -> None:
    trace(CALL | TOKENS)
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == ((31, 12, 43), Decimal(0), ("unpriced",))
    assert (call.user_id, call.api_endpoint, call.response_time_ms) == (7, "chat small-model", 768)
    assert (call.success, call.error_message) == (True, None)


def test_a_failure_of_opentelemetry(recorder: Recorder, trace: Trace) -> None:
    trace(CALL | {"error.type": "TimeoutError"}, "TimeoutError: timed out")
    call = recorder.recorded()
    assert (counts(call), call.cost, call.warnings) == ((0, 0, 0), Decimal(0), ())
    assert (call.user_id, call.response_time_ms) == (7, 768)
    assert (call.success, call.error_message) == (False, "TimeoutError: timed out")


def test_spans_that_are_no_calls_or_name_no_user(recorder: Recorder, trace: Trace) -> None:
    trace({"http.request.method": "GET", "enduser.id": "7"})
    # An agent's span has the sums of its calls, which have spans of their own.
    trace(CALL | TOKENS | {"gen_ai.operation.name": "invoke_agent"})
    trace({key: value for key, value in (CALL | TOKENS).items() if key != "enduser.id"})
    trace(CALL | {"gen_ai.usage.input_tokens": 5})
    assert counts(recorder.recorded()) == (5, 0, 5)


MODEL = """
import { MockLanguageModelV4 } from "ai/test";

const model = new MockLanguageModelV4({
  doGenerate: {
    content: [{ type: "text", text: "Because blue light is scattered most." }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: {
      inputTokens: { total: 31, noCache: 21, cacheRead: 10, cacheWrite: undefined },
      outputTokens: { total: 12, text: 4, reasoning: 8 },
    },
    warnings: [],
  },
});
console.log(await ask(7, model, "why"));
"""


def test_vercel(stub: Stub, tools: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    script = tmp_path / "script.mjs"
    script.write_text(snippet("generateText") + MODEL)
    stub.answer = lambda _request: Says(201, b"{}")
    environment = tools | {"LEDGER": stub.url, "KEY": "key"}
    done = subprocess.run(["node", script], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{TEXT}\n", "")
    (request,) = stub.requests
    call = stored(msgspec.json.decode(request.body))
    assert (counts(call), call.cost, call.warnings) == ((31, 12, 43), Decimal(0), ("unpriced",))
    assert (call.user_id, call.api_endpoint, call.success) == (7, "/generate-text", True)
    assert call.response_time_ms is not None
