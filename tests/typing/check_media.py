"""One example call of each operation of media, as type checkers read it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import assert_type

from openrouter_async import (
    AsyncOpenRouter,
    GeneratedImages,
    ImageCompleted,
    ImageEndpoints,
    ImageModel,
    ImagePartial,
    ImagesFinished,
    TextDelta,
)


async def images(client: AsyncOpenRouter) -> None:
    reply = await client.images.create(
        "A fox.",
        model="m",
        n=2,
        size="1K",
        input_references=[Path("a.png"), b"...", "https://example.com/a.png"],
    )
    assert_type(reply, GeneratedImages)
    assert_type(reply.image.bytes, bytes)
    assert_type(reply.image.media_type, str | None)
    assert_type(reply.cost, Decimal | None)
    assert_type(await reply.image.save("a.png"), Path)
    async with client.images.stream("A fox.", model="m") as stream:
        async for event in stream:
            match event:
                case ImagePartial(image=image, index=index):
                    assert_type(index, int)
                    assert_type(image.bytes, bytes)
                case ImageCompleted() | TextDelta():
                    pass
                case ImagesFinished(images=images):
                    assert_type(images, GeneratedImages)
        assert_type(await stream.final(), GeneratedImages)
    async for model in client.images.models():
        assert_type(model, ImageModel)
    assert_type(await client.images.endpoints("a/b"), ImageEndpoints)
    await client.images.create("A fox.", model="m", sise="1K")  # type: ignore[call-arg]  # pyright: ignore
