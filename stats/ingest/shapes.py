"""How usage objects give the columns, whoever measured: one table; knows no Django (spec §8).

`stats.ingest.usage` reads by it, docs/posting.md shows it, and the tests are generated from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to write usage down. Of `Keys`, the first that is there counts; null is not there."""

    name: str
    # Of each of these one key is there, and of `unless` none.
    required: tuple[Keys, ...]
    # Counts that are added up.
    tokens_in: tuple[Keys, ...]
    tokens_out: tuple[Keys, ...]
    unless: Keys = ()
    # Without it, what comes in and goes out.
    total: Keys = ()
    cost: Keys = ()
    # Amounts that are added up where there is no cost.
    cost_parts: Keys = ()
    unit_price: Keys = ()
    # Without it, USD.
    currency: Keys = ()
    # How long the call took.
    seconds: str | None = None

    def matches(self, given: Mapping[str, object]) -> bool:
        """Whether the object is of this shape, as far as its keys tell."""
        for keys in self.required:
            if not _any_there(given, keys):
                return False
        return not _any_there(given, self.unless)


def _any_there(given: Mapping[str, object], keys: Keys) -> bool:
    # Not with `any`, which takes three times as long: ten thousand calls are asked.
    for key in keys:  # noqa: SIM110
        if given.get(key) is not None:
            return True
    return False


CHAT = ("prompt_tokens", "completion_tokens")
INPUT_OUTPUT = ("input_tokens", "output_tokens")
CACHE = ("cache_creation_input_tokens", "cache_read_input_tokens")
# In USD: what gateways write beside the tokens, whatever the shape of these.
RESPONSE_COST = "response_cost"
COST = (RESPONSE_COST, "cost")
# Under these keys Gemini's answers have the object.
WRAPPERS = ("usageMetadata", "usage_metadata")

# Asked from top to bottom: the first that is told decides.
SHAPES = (
    Shape(
        "Dify",
        required=(
            (
                *("total_price", "prompt_unit_price", "currency", "latency"),
                *("prompt_price", "completion_price"),
            ),
        ),
        tokens_in=(("prompt_tokens",),),
        tokens_out=(("completion_tokens",),),
        total=("total_tokens",),
        cost=("total_price",),
        cost_parts=("prompt_price", "completion_price"),
        unit_price=("prompt_unit_price",),
        currency=("currency",),
        seconds="latency",
    ),
    # Cached tokens are within.
    Shape(
        "OpenAI Responses",
        required=(INPUT_OUTPUT, ("total_tokens", "input_tokens_details")),
        unless=(*CHAT, *CACHE),
        tokens_in=(("input_tokens",),),
        tokens_out=(("output_tokens",),),
        total=("total_tokens",),
        cost=COST,
    ),
    # Cached tokens are beside. Without any, the keys are those of many, and mean the same.
    Shape(
        "Anthropic",
        required=(INPUT_OUTPUT,),
        unless=CHAT,
        tokens_in=(("input_tokens",), *((key,) for key in CACHE)),
        tokens_out=(("output_tokens",),),
        cost=COST,
    ),
    Shape(
        "LiteLLM",
        required=((RESPONSE_COST,), (*CHAT, "total_tokens")),
        tokens_in=(("prompt_tokens",),),
        tokens_out=(("completion_tokens",),),
        total=("total_tokens",),
        cost=(RESPONSE_COST,),
    ),
    Shape(
        "OpenRouter",
        required=(("cost",), (*CHAT, "total_tokens")),
        tokens_in=(("prompt_tokens",),),
        tokens_out=(("completion_tokens",),),
        total=("total_tokens",),
        cost=("cost",),
    ),
    # Cached and reasoning tokens are within.
    Shape(
        "OpenAI chat",
        required=((*CHAT, "total_tokens"),),
        tokens_in=(("prompt_tokens",),),
        tokens_out=(("completion_tokens",),),
        total=("total_tokens",),
    ),
    # Thoughts and what tools brought in are beside; cached tokens are within. Python's client
    # writes the keys with underscores.
    Shape(
        "Gemini",
        required=(
            (
                *("promptTokenCount", "candidatesTokenCount"),
                *("thoughtsTokenCount", "totalTokenCount"),
                *("prompt_token_count", "candidates_token_count"),
                *("thoughts_token_count", "total_token_count"),
            ),
        ),
        tokens_in=(
            ("promptTokenCount", "prompt_token_count"),
            ("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
        ),
        tokens_out=(
            ("candidatesTokenCount", "candidates_token_count"),
            ("thoughtsTokenCount", "thoughts_token_count"),
        ),
        total=("totalTokenCount", "total_token_count"),
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
    # Cached tokens are within.
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
    # Beside a usage object that is empty or not understood, say: what a call cost is not lost.
    Shape(
        "LiteLLM, cost alone",
        required=((RESPONSE_COST,),),
        unless=WRAPPERS,
        tokens_in=(),
        tokens_out=(),
        cost=(RESPONSE_COST,),
    ),
)
# What Dify's metadata has besides, and no usage is looked for in.
NO_USAGE_KEYS = frozenset({"retriever_resources", "annotation_reply"})
COUNT_KEYS = frozenset(
    key for shape in SHAPES for keys in (*shape.tokens_in, *shape.tokens_out) for key in keys
)


def shape_of(given: Mapping[str, object]) -> Shape | None:
    """The shape of a usage object, None for one that no row of the table understands."""
    for shape in SHAPES:
        if shape.matches(given):
            return shape
    return None
