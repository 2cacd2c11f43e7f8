"""Models, their endpoints, and providers."""

from __future__ import annotations

from ..call import Call, number_text


def prices(pricing: str) -> dict[str, object]:
    """Return that the texts of a price list are numbers, and that its counts and times of day are whole."""
    whole = {
        f"{pricing}.overrides[].{name}": number
        for name, number in (("min_prompt_tokens", 1000), ("utc_start", 830), ("utc_end", 1630))
    }
    return {f"{pricing}.*": number_text, f"{pricing}.overrides[].*": number_text, **whole}


CALLS = [
    Call(
        "models.list",
        lambda c: c.models.list(
            q="llama",
            category="programming",
            supported_parameters=["tools", "seed"],
            input_modalities=["image"],
            output_modalities="all",
            context=1000,
            min_price=0,
            max_price=1.5,
            min_output_price=0,
            max_output_price=10,
            arch="GPT",
            model_authors=["openai"],
            providers="OpenAI",
            distillable=True,
            zdr=True,
            region="eu",
            min_age_days=1,
            max_age_days=100,
            min_intelligence_index=1,
            max_intelligence_index=99.5,
            min_coding_index=1,
            max_coding_index=99,
            min_agentic_index=1,
            max_agentic_index=99,
            min_tool_success_rate=0.5,
            max_tool_success_rate=1,
            sort="newest",
            offset=10,
            limit=100,
        ),
        answered=prices("data[].pricing"),
    ),
    Call("models.get", lambda c: c.models.get("openai/gpt-5-mini"), answered=prices("data.pricing")),
    Call(
        "models.count",
        lambda c: c.models.count(output_modalities="text"),
        part=lambda reply: reply["data"]["count"],
    ),
    Call(
        "models.user",
        lambda c: c.models.user(output_modalities=["text", "image"], sort="newest", offset=10, limit=100),
        answered=prices("data[].pricing"),
    ),
    Call(
        "models.endpoints",
        lambda c: c.models.endpoints("openai/gpt-5-mini"),
        answered=prices("data.endpoints[].pricing"),
    ),
    Call("endpoints.zdr", lambda c: c.endpoints.zdr(), answered=prices("data[].pricing")),
    Call("providers.list", lambda c: c.providers.list()),
]
