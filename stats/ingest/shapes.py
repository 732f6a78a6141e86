"""The shapes of usage objects (spec §8): which keys give which column; knows no Django.

docs/posting.md shows this table, and tests are generated from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape. Of `Keys` the first that is present counts; a null key is not present."""

    name: str
    # One key of each of these is present, and none of `unless`.
    required: tuple[Keys, ...]
    # Counts to add up.
    tokens_in: tuple[Keys, ...]
    tokens_out: tuple[Keys, ...]
    unless: Keys = ()
    # Default: tokens in plus tokens out.
    total: Keys = ()
    cost: Keys = ()
    # Amounts to add up if there is no cost.
    cost_parts: Keys = ()
    unit_price: Keys = ()
    # Default: USD.
    currency: Keys = ()
    # The duration of the call.
    seconds: str | None = None

    def matches(self, given: Mapping[str, object]) -> bool:
        """True if the keys of the object are those of this shape."""
        for keys in self.required:
            if not _has_any(given, keys):
                return False
        return not _has_any(given, self.unless)


def _has_any(given: Mapping[str, object], keys: Keys) -> bool:
    # `any` takes three times as long, and an array has ten thousand calls.
    for key in keys:  # noqa: SIM110
        if given.get(key) is not None:
            return True
    return False


CHAT = ("prompt_tokens", "completion_tokens")
INPUT_OUTPUT = ("input_tokens", "output_tokens")
CACHE = ("cache_creation_input_tokens", "cache_read_input_tokens")
# Gateways write it beside the tokens of any shape, in USD.
RESPONSE_COST = "response_cost"
COST = (RESPONSE_COST, "cost")
# Gemini's answers have the usage object under one of these keys.
WRAPPERS = ("usageMetadata", "usage_metadata")
# Dify's duration of a call, in seconds.
LATENCY = "latency"

# Includes cached and reasoning tokens.
OPENAI_CHAT = Shape(
    "OpenAI chat",
    required=((*CHAT, "total_tokens"),),
    tokens_in=(("prompt_tokens",),),
    tokens_out=(("completion_tokens",),),
    total=("total_tokens",),
)
# The first shape that matches counts.
SHAPES = (
    replace(
        OPENAI_CHAT,
        name="Dify",
        required=(
            (
                *("total_price", "prompt_unit_price", "currency", LATENCY),
                *("prompt_price", "completion_price"),
            ),
        ),
        # A latency may stand beside Gemini's object.
        unless=WRAPPERS,
        cost=("total_price",),
        cost_parts=("prompt_price", "completion_price"),
        unit_price=("prompt_unit_price",),
        currency=("currency",),
        seconds=LATENCY,
    ),
    # Includes cached tokens.
    Shape(
        "OpenAI Responses",
        required=(INPUT_OUTPUT, ("total_tokens", "input_tokens_details")),
        unless=(*CHAT, *CACHE),
        tokens_in=(("input_tokens",),),
        tokens_out=(("output_tokens",),),
        total=("total_tokens",),
        cost=COST,
    ),
    # Counts cached tokens separately. Other APIs use the same keys without a cache.
    Shape(
        "Anthropic",
        required=(INPUT_OUTPUT,),
        unless=CHAT,
        tokens_in=(("input_tokens",), *((key,) for key in CACHE)),
        tokens_out=(("output_tokens",),),
        cost=COST,
    ),
    replace(
        OPENAI_CHAT,
        name="LiteLLM",
        required=((RESPONSE_COST,), *OPENAI_CHAT.required),
        cost=(RESPONSE_COST,),
    ),
    replace(
        OPENAI_CHAT, name="OpenRouter", required=(("cost",), *OPENAI_CHAT.required), cost=("cost",)
    ),
    OPENAI_CHAT,
    # Includes cached tokens; counts thoughts and the results of tools separately. The Python client
    # writes the keys with underscores, and the Live API calls candidates a response.
    Shape(
        "Gemini",
        required=(
            (
                *("promptTokenCount", "candidatesTokenCount"),
                *("thoughtsTokenCount", "totalTokenCount"),
                *("prompt_token_count", "candidates_token_count"),
                *("thoughts_token_count", "total_token_count"),
                *("responseTokenCount", "response_token_count"),
            ),
        ),
        tokens_in=(
            ("promptTokenCount", "prompt_token_count"),
            ("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
        ),
        tokens_out=(
            (
                *("candidatesTokenCount", "candidates_token_count"),
                *("responseTokenCount", "response_token_count"),
            ),
            ("thoughtsTokenCount", "thoughts_token_count"),
        ),
        total=("totalTokenCount", "total_token_count"),
        cost=COST,
    ),
    # Counts cached tokens separately. Without them it has the keys of the next shape.
    Shape(
        "Amazon Bedrock",
        required=(
            ("inputTokens", "outputTokens"),
            ("cacheReadInputTokens", "cacheWriteInputTokens"),
        ),
        tokens_in=(("inputTokens",), ("cacheReadInputTokens",), ("cacheWriteInputTokens",)),
        tokens_out=(("outputTokens",),),
        total=("totalTokens",),
        cost=COST,
    ),
    Shape(
        "Vercel AI SDK",
        required=(
            (
                *("inputTokens", "outputTokens", "totalTokens"),
                *("promptTokens", "completionTokens"),
            ),
        ),
        tokens_in=(("inputTokens", "promptTokens"),),
        tokens_out=(("outputTokens", "completionTokens"),),
        total=("totalTokens",),
        cost=COST,
    ),
    # Includes cached tokens.
    Shape(
        "OpenTelemetry GenAI",
        required=(
            (
                *("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
                *("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
            ),
        ),
        tokens_in=(("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),),
        tokens_out=(("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),),
        cost=COST,
    ),
    # Keeps the cost of a call whose usage object is empty or not understood.
    Shape(
        "LiteLLM, cost alone",
        required=((RESPONSE_COST,),),
        unless=WRAPPERS,
        tokens_in=(),
        tokens_out=(),
        cost=(RESPONSE_COST,),
    ),
)
# Keys of Dify's metadata that hold no usage.
NO_USAGE_KEYS = frozenset({"retriever_resources", "annotation_reply"})
# The keys of costs in any shape, in an order; of tokens in, and of tokens out.
COST_KEYS = tuple(dict.fromkeys(key for shape in SHAPES for key in shape.cost))
IN_KEYS, OUT_KEYS = (
    frozenset(key for groups in of_shapes for keys in groups for key in keys)
    for of_shapes in (
        [shape.tokens_in for shape in SHAPES],
        [shape.tokens_out for shape in SHAPES],
    )
)


def shape_of(given: Mapping[str, object]) -> Shape | None:
    """The shape of a usage object; None if no shape matches."""
    return next((shape for shape in SHAPES if shape.matches(given)), None)
