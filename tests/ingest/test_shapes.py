"""Each shape of usage objects, as its provider documents it: which columns and warnings it gives.

The objects are made from their meaning, so that nothing here repeats how they are read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.ingest.columns import InvalidFieldsError
from stats.ingest.shapes import SHAPES, shape_of
from stats.ingest.validation import NewCall, parse_call
from tests.usage_objects import rounded_half_up

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
CALL = {"user_id": 7, "api_endpoint": "/chat-messages"}


@dataclass(frozen=True)
class Used:
    """What a call used: tokens that came in fresh, from a cache, into a cache, by tools, and that
    went out as answer and as thoughts."""

    fresh: int
    cached: int
    to_cache: int
    tools: int
    answer: int
    thoughts: int
    cost: Decimal

    @property
    def tokens_in(self) -> int:
        return self.fresh + self.cached + self.to_cache

    @property
    def tokens_out(self) -> int:
        return self.answer + self.thoughts

    @property
    def total(self) -> int:
        return self.tokens_in + self.tokens_out


tokens = st.integers(0, 200_000_000)
used = st.builds(
    Used,
    *[tokens] * 6,
    st.one_of(st.decimals(0, 9, places=7), st.decimals(0, Decimal("0.0002"), places=8)),
)


def dify(it: Used) -> dict[str, Any]:
    return {
        "prompt_tokens": it.tokens_in,
        "prompt_unit_price": "0.001",
        "prompt_price_unit": "0.001",
        "prompt_price": "0.5",
        "completion_tokens": it.tokens_out,
        "completion_unit_price": "0.002",
        "completion_price_unit": "0.001",
        "completion_price": "0.25",
        "total_tokens": it.total,
        "total_price": str(it.cost),
        "currency": "USD",
        "latency": 0.7682376249867957,
    }


def chat(it: Used) -> dict[str, Any]:
    return {
        "prompt_tokens": it.tokens_in,
        "completion_tokens": it.tokens_out,
        "total_tokens": it.total,
        "prompt_tokens_details": {"cached_tokens": it.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": it.thoughts,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def responses(it: Used) -> dict[str, Any]:
    return {
        "input_tokens": it.tokens_in,
        "input_tokens_details": {"cached_tokens": it.cached},
        "output_tokens": it.tokens_out,
        "output_tokens_details": {"reasoning_tokens": it.thoughts},
        "total_tokens": it.total,
    }


def anthropic(it: Used) -> dict[str, Any]:
    return {
        "cache_creation": {
            "ephemeral_1h_input_tokens": 0,
            "ephemeral_5m_input_tokens": it.to_cache,
        },
        "cache_creation_input_tokens": it.to_cache,
        "cache_read_input_tokens": it.cached,
        "inference_geo": None,
        "input_tokens": it.fresh,
        "output_tokens": it.tokens_out,
        "server_tool_use": {"web_search_requests": 2},
        "service_tier": "standard",
    }


def gemini(it: Used) -> dict[str, Any]:
    return {
        "promptTokenCount": it.tokens_in,
        "cachedContentTokenCount": it.cached,
        "candidatesTokenCount": it.answer,
        "toolUsePromptTokenCount": it.tools,
        "thoughtsTokenCount": it.thoughts,
        "totalTokenCount": it.total + it.tools,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": it.tokens_in}],
    }


def gemini_in_python(it: Used) -> dict[str, Any]:
    """`model_dump()` of google-genai's own type."""
    return {
        "cache_tokens_details": None,
        "cached_content_token_count": it.cached,
        "candidates_token_count": it.answer,
        "prompt_token_count": it.tokens_in,
        "prompt_tokens_details": None,
        "thoughts_token_count": it.thoughts,
        "tool_use_prompt_token_count": it.tools,
        "total_token_count": it.total + it.tools,
        "traffic_type": None,
    }


def openrouter(it: Used) -> dict[str, Any]:
    return {
        "completion_tokens": it.tokens_out,
        "completion_tokens_details": {"reasoning_tokens": it.thoughts},
        "cost": it.cost,
        "cost_details": {"upstream_inference_cost": 19},
        "is_byok": False,
        "prompt_tokens": it.tokens_in,
        "prompt_tokens_details": {"cached_tokens": it.cached, "audio_tokens": 0},
        "total_tokens": it.total,
    }


def litellm(it: Used) -> dict[str, Any]:
    """A StandardLoggingPayload."""
    return {
        "id": "chatcmpl-f2aa7383",
        "trace_id": "a02328c1",
        "call_type": "completion",
        "cache_hit": None,
        "status": "success",
        "custom_llm_provider": "anthropic",
        "saved_cache_cost": 0.0,
        "startTime": 1795888179.002426,
        "endTime": 1795888180.009722,
        "response_time": 1.007296085357666,
        "model": "small-model",
        "metadata": {"user_api_key_hash": None, "usage_object": chat(it)},
        "response_cost": it.cost,
        "cost_breakdown": {"total_cost": 0.5, "input_cost": 0.2},
        "total_tokens": it.total,
        "prompt_tokens": it.tokens_in,
        "completion_tokens": it.tokens_out,
        "messages": [{"role": "user", "content": "…"}],
        "response": {"choices": [], "usage": chat(it)},
        "hidden_params": {"response_cost": 0.5},
    }


def gemini_live(it: Used) -> dict[str, Any]:
    """What the Live API sends in its messages."""
    usage = gemini(it)
    return {**usage, "responseTokenCount": usage.pop("candidatesTokenCount")}


def bedrock(it: Used) -> dict[str, Any]:
    """Of the Converse API."""
    return {
        "inputTokens": it.fresh,
        "outputTokens": it.tokens_out,
        "totalTokens": it.total,
        "cacheReadInputTokens": it.cached,
        "cacheWriteInputTokens": it.to_cache,
    }


def vercel(it: Used) -> dict[str, Any]:
    return {
        "inputTokens": it.tokens_in,
        "inputTokenDetails": {"noCacheTokens": it.fresh, "cacheReadTokens": it.cached},
        "outputTokens": it.tokens_out,
        "outputTokenDetails": {"textTokens": it.answer, "reasoningTokens": it.thoughts},
        "totalTokens": it.total,
        "reasoningTokens": it.thoughts,
        "cachedInputTokens": it.cached,
    }


def older_vercel(it: Used) -> dict[str, Any]:
    return {
        "promptTokens": it.tokens_in,
        "completionTokens": it.tokens_out,
        "totalTokens": it.total,
    }


def opentelemetry(it: Used) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small-model",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": it.tokens_in,
        "gen_ai.usage.cache_read.input_tokens": it.cached,
        "gen_ai.usage.output_tokens": it.tokens_out,
        "gen_ai.usage.reasoning.output_tokens": it.thoughts,
    }


def older_opentelemetry(it: Used) -> dict[str, Any]:
    return {
        "gen_ai.system": "openai",
        "gen_ai.usage.prompt_tokens": it.tokens_in,
        "gen_ai.usage.completion_tokens": it.tokens_out,
    }


def with_cost(made: Callable[[Used], dict[str, Any]], key: str) -> Callable[[Used], dict[str, Any]]:
    return lambda it: {**made(it), key: it.cost}


@dataclass(frozen=True)
class Written:
    """One way to write down what was used."""

    shape: str
    object: Callable[[Used], dict[str, Any]]
    has_cost: bool = False
    has_tools: bool = False
    has_unit_price: bool = False
    has_tokens: bool = True


WAYS = [
    Written("Dify", dify, has_cost=True, has_unit_price=True),
    Written("OpenAI chat", chat),
    Written("OpenAI Responses", responses),
    Written("Anthropic", anthropic),
    Written("Gemini", gemini, has_tools=True),
    Written("Gemini", gemini_in_python, has_tools=True),
    Written("Gemini", gemini_live, has_tools=True),
    Written("Amazon Bedrock", bedrock),
    Written("OpenRouter", openrouter, has_cost=True),
    Written("LiteLLM", litellm, has_cost=True),
    Written("LiteLLM", with_cost(openrouter, "response_cost"), has_cost=True),
    Written("Vercel AI SDK", vercel),
    Written("Vercel AI SDK", older_vercel),
    Written("OpenTelemetry GenAI", opentelemetry),
    Written("OpenTelemetry GenAI", older_opentelemetry),
    Written("LiteLLM, cost alone", lambda it: {"response_cost": it.cost}, True, has_tokens=False),
    # What gateways add to what they pass on.
    Written("OpenAI Responses", with_cost(responses, "cost"), has_cost=True),
    Written("Anthropic", with_cost(anthropic, "response_cost"), has_cost=True),
]
# Where the object may be. A StandardLoggingPayload has a `usage` of its own nowhere on top.
PLACES: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda usage: {"metadata": {"usage": usage}},
    lambda usage: {"metadata": usage},
    lambda usage: {"usage": usage},
    lambda usage: {"metadata": {"id": "msg_1", "usage": usage, "stop_reason": "end_turn"}},
]


def parsed(content: dict[str, Any]) -> NewCall:
    return parse_call({**CALL, **content}, UTC, NOW)


def test_every_shape_is_tried() -> None:
    missing = {shape.name for shape in SHAPES} ^ {way.shape for way in WAYS}
    assert not missing, "WAYS has an object of each shape, as its provider documents it"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.shape)
@given(it=used, place=st.sampled_from(PLACES))
@settings(max_examples=60)
def test_a_documented_object_gives_these_columns_and_warnings(
    way: Written, it: Used, place: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    usage = way.object(it)
    shape = shape_of(usage)
    assert shape is not None
    assert shape.name == way.shape
    call = parsed(place(usage))
    tools = it.tools if way.has_tools else 0
    tokens = (it.tokens_in + tools, it.tokens_out, it.total + tools)
    assert (call.prompt_tokens, call.completion_tokens, call.total_tokens) == (
        tokens if way.has_tokens else (0, 0, 0)
    )
    cost = it.cost if way.has_cost else Decimal(0)
    assert call.cost == rounded_half_up(cost, 4)
    assert call.prompt_price_unit == "USD"
    assert call.prompt_unit_price == (Decimal("0.001") if way.has_unit_price else 0)
    assert call.response_time_ms == (768 if way.shape == "Dify" else None)
    assert set(call.warnings) == expected_warnings(call, cost, way)


def expected_warnings(call: NewCall, cost: Decimal, way: Written) -> set[str]:
    if call.cost:
        return set()
    lost = {"cost-rounded-away"} if cost else set()
    if not call.total_tokens:
        return lost | {"no-usage"}
    return lost or (set() if way.has_unit_price else {"unpriced"})


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.shape)
@given(it=used, data=st.data())
@settings(max_examples=40)
def test_null_is_as_missing_in_every_shape(way: Written, it: Used, data: st.DataObject) -> None:
    usage = way.object(it)
    gone = data.draw(st.sets(st.sampled_from(sorted(usage))))
    missing = {key: value for key, value in usage.items() if key not in gone}
    nulls = {key: None if key in gone else value for key, value in usage.items()}
    assert outcome({"usage": nulls}) == outcome({"usage": missing})


def outcome(content: dict[str, Any]) -> NewCall | dict[str, str]:
    try:
        return parsed(content)
    except InvalidFieldsError as error:
        return error.errors


def bad_paths(content: dict[str, Any]) -> set[str]:
    errors = outcome(content)
    assert isinstance(errors, dict)
    return set(errors)


@pytest.mark.parametrize("wrapper", ["usageMetadata", "usage_metadata"])
@pytest.mark.parametrize("place", PLACES)
def test_geminis_answer_has_it_under_a_key_of_its_own(
    wrapper: str, place: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    answer = {"candidates": [], wrapper: {"promptTokenCount": 11, "candidatesTokenCount": 5}}
    call = parsed(place(answer))
    assert (call.prompt_tokens, call.completion_tokens, call.total_tokens) == (11, 5, 16)


@pytest.mark.parametrize("key", ["usage", "usageMetadata", "usage_metadata", "cost"])
def test_what_is_nested_deep_is_not_followed(key: str) -> None:
    nested: dict[str, Any] = {"promptTokenCount": 5}
    for _level in range(5_000):
        nested = {key: nested}
    for place in PLACES:
        assert "usage-not-understood" in parsed(place(nested)).warnings


@pytest.mark.parametrize(
    "content",
    [
        {"metadata": {"usage": {"prompt_tokens": 10, "completion_tokens": 20}}},
        {"usage": {"prompt_tokens": 10, "completion_tokens": 20}},
    ],
)
def test_litellms_cost_stands_beside_the_usage(content: dict[str, Any]) -> None:
    beside = content.get("metadata", content)
    beside["response_cost"] = "0.0123"
    assert parsed(content).cost == Decimal("0.0123")
    beside["response_cost"] = 1.35e-05
    assert parsed(content).warnings == ("cost-rounded-away",)
    beside["response_cost"] = -1
    path = "metadata.response_cost" if "metadata" in content else "response_cost"
    assert bad_paths(content) == {path}


@pytest.mark.parametrize("usage", [{}, {"tokens": 5}])
def test_litellms_cost_is_kept_beside_a_usage_that_tells_nothing(usage: dict[str, Any]) -> None:
    for content in ({"metadata": {"usage": usage, "response_cost": "0.0123"}},
                    {"usage": usage, "response_cost": "0.0123"}):  # fmt: skip
        call = parsed(content)
        assert (call.cost, call.prompt_price_unit) == (Decimal("0.0123"), "USD")
        assert call.unknown_keys == tuple(usage)
        assert call.warnings == (("usage-not-understood",) if usage else ())


def test_a_cost_beside_geminis_answer_loses_no_tokens() -> None:
    usage = {"promptTokenCount": 3, "totalTokenCount": 3}
    call = parsed({"metadata": {"usageMetadata": usage, "response_cost": 1}})
    assert (call.total_tokens, call.cost) == (3, Decimal(1))


# The rule for what two rows could claim: the table is asked from top to bottom.
CLAIMED_BY_TWO = [
    ("Dify", {"total_price": 0, "cost": 1, "response_cost": 2, "prompt_tokens": 3}),
    ("Dify", {"latency": 1, "prompt_tokens": 3, "total_tokens": 3}),
    ("LiteLLM", {"response_cost": 2, "cost": 1, "prompt_tokens": 3}),
    ("OpenRouter", {"cost": 1, "total_tokens": 3}),
    ("OpenAI chat", {"total_tokens": 3}),
    # Gateways that write both, the ones they do not mean as 0.
    ("OpenAI chat", {"prompt_tokens": 3, "input_tokens": 0, "total_tokens": 3}),
    # LiteLLM's own of Anthropic's: what is cached is within `prompt_tokens`.
    ("OpenAI chat", {"prompt_tokens": 9, "cache_read_input_tokens": 5, "total_tokens": 9}),
    ("OpenAI Responses", {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}),
    ("OpenAI Responses", {"input_tokens": 3, "input_tokens_details": {}}),
    # These keys are Anthropic's alone.
    ("Anthropic", {"input_tokens": 3, "cache_read_input_tokens": 5, "total_tokens": 8}),
    ("Anthropic", {"input_tokens": 3, "output_tokens": 1}),
    ("Anthropic", {"input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": None}),
]


@pytest.mark.parametrize(("name", "usage"), CLAIMED_BY_TWO)
def test_of_two_that_could_claim_it_the_upper_one_decides(name: str, usage: dict[str, Any]) -> None:
    shape = shape_of(usage)
    assert shape is not None
    assert shape.name == name


def test_a_cost_that_is_an_object_is_none() -> None:
    """Perplexity's."""
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "cost": {"total_cost": 0.006}}
    call = parsed({"usage": usage})
    assert (call.total_tokens, call.warnings) == (7, ("unpriced",))


def test_a_cost_beside_the_usage_object_is_told() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    beside = {"total_price": "0.5", "cost": None, "retriever_resources": [1]}
    call = parsed({"metadata": {"usage": usage, **beside}})
    assert (call.cost, call.warnings) == (Decimal(0), ("usage-not-understood", "unpriced"))
    assert call.unknown_keys == ("total_price",)
    priced = parsed({"metadata": {"usage": {**usage, "cost": 2}, **beside}})
    assert (priced.cost, priced.warnings) == (Decimal(2), ())


@pytest.mark.parametrize(
    ("usage", "keys"),
    [
        ({"tokens": 5, "nothing": None}, ("tokens",)),
        ({"usage": {"prompt_tokens": 5}}, ("usage",)),
        # A currency makes it Dify's, and Dify's tokens have other names.
        ({"input_tokens": 5, "output_tokens": 0, "currency": "USD"}, ("input_tokens",)),
        ({"prompt_tokens": 0, "total_tokens": 9, "inputTokens": 9}, ("inputTokens",)),
        ({"prompt_tokens": 3, "completion_tokens": 5, "cost": 1, "latency": 2}, ("cost",)),
        # Each column for itself.
        ({"prompt_tokens": 3, "output_tokens": 5}, ("output_tokens",)),
        ({"completion_tokens": 5, "input_tokens": 3}, ("input_tokens",)),
        ({"prompt_tokens": 3, "output_tokens": 5, "total_price": 1}, ("output_tokens",)),
        # Tokens that only the total has: Gemini's interactions, xAI's thoughts.
        (
            {"total_input_tokens": 3, "total_output_tokens": 5, "total_tokens": 8},
            ("total_input_tokens", "total_output_tokens"),
        ),
        (
            {
                "prompt_tokens": 3,
                "completion_tokens": 5,
                "total_tokens": 20,
                "completion_tokens_details": {"reasoning_tokens": 12},
                "num_sources_used": 2,
            },
            ("completion_tokens_details",),
        ),
    ],
)
def test_what_is_not_read_is_told(usage: dict[str, Any], keys: tuple[str, ...]) -> None:
    call = parsed({"usage": usage})
    assert "usage-not-understood" in call.warnings
    assert call.unknown_keys == keys


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 3, "total_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}},
        {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3, "input_tokens": 3},
        {"total_tokens": 9},
        {"total_tokens": 9, "total_price": 1},
        {"prompt_tokens": 3, "completion_tokens": 5, "total_price": 2, "cost": 1},
        {"prompt_tokens": 3, "completion_tokens": 5, "total_price": 0, "cost": 0},
    ],
)
def test_details_and_a_total_alone_are_nothing_to_tell(usage: dict[str, Any]) -> None:
    assert "usage-not-understood" not in parsed({"usage": usage}).warnings


def test_a_latency_beside_geminis_answer_loses_no_tokens() -> None:
    answer = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}, "latency": 1.5}
    assert parsed({"metadata": answer}).total_tokens == 7


COUNTS = [
    ("input_tokens", {"output_tokens": 1}),
    ("cache_read_input_tokens", {"input_tokens": 1}),
    ("candidatesTokenCount", {}),
    ("thoughtsTokenCount", {"promptTokenCount": 1}),
    ("inputTokens", {}),
    ("gen_ai.usage.output_tokens", {}),
    ("cost", {"total_tokens": 1}),
]


@pytest.mark.parametrize("bad", [-1, "x", True, 2**31, [1]])
@pytest.mark.parametrize(("key", "others"), COUNTS)
def test_a_bad_value_is_named_where_it_stands(
    key: str, others: dict[str, Any], bad: object
) -> None:
    usage = {**others, key: bad}
    assert bad_paths({"metadata": {"usage": usage}}) == {f"metadata.usage.{key}"}
    assert bad_paths({"metadata": usage}) == {f"metadata.{key}"}
    assert bad_paths({"usage": usage}) == {f"usage.{key}"}


def test_sums_that_do_not_fit_are_named() -> None:
    most = 2**31 - 1
    too_many = {"input_tokens": most, "cache_read_input_tokens": 1, "output_tokens": 0}
    assert "usage.input_tokens" in bad_paths({"usage": too_many})
    assert "usage.output_tokens" in bad_paths({"usage": {"input_tokens": most, "output_tokens": 1}})
    assert "usage.totalTokens" in bad_paths({"usage": {"inputTokens": most, "outputTokens": 1}})
