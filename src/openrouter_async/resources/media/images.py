"""Images: `create`, `stream`, and who makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ... import operations
from ..._sansio.pagination import OffsetPaging
from ..._sansio.request import RequestData, build_request, finish_body, user_of
from ...options import RequestOptions
from ...streaming.images.stream import ImageStream
from ...types.common import Listing
from ...types.media.image_request import ImageParams
from ...types.media.images import GeneratedImages, ImageEndpoints, ImageModel
from ...types.requests.check import check_params
from .._base import Resource, reader
from .._pagination import Paginator
from ..catalogue.models import author_and_slug
from .references import ImageSource, encode_references
from .requests import begin_media, checked_prompt

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ImagesResource"]

MOST_REFERENCES = 16

_ELSEWHERE = {"stream": "call images.stream"}

_read = reader(GeneratedImages)


class ImagesResource(Resource):
    """`/images`."""

    async def create(
        self,
        prompt: str,
        *,
        model: str,
        input_references: Sequence[ImageSource] = (),
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ImageParams],
    ) -> GeneratedImages:
        """Return images for a prompt.

        ```python
        reply = await client.images.create("A fox in the snow.", model="openai/gpt-image-1", size="1K")
        await reply.image.save("fox.png")
        ```

        Sends one request, which is billed as a whole: an unfinished image costs nothing. It is sent again only where
        the service says that it made nothing.

        Args:
            prompt: The description of the image.
            model: A slug such as `openai/gpt-image-1`; see `client.images.models`.
            input_references: Up to 16 pictures to go by: URLs, bytes or paths.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`.
            params: See `ImageParams`.

        Raises:
            ConfigurationError: an argument is wrong, or a file cannot be read; nothing was sent.
            ModerationError: the prompt, or a picture, was flagged.
            OpenRouterError: any other failure of a call.
        """
        data = await _request(prompt, model, input_references, params, extra_body, stream=False)
        return await self._sender.with_options(options).send(data, _read)

    def stream(
        self,
        prompt: str,
        *,
        model: str,
        input_references: Sequence[ImageSource] = (),
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[ImageParams],
    ) -> ImageStream:
        """Return the images while they are made; partial ones cost nothing.

        Models that stream nothing give their images at the end, see `ImageModel.supports_streaming`. Arguments and
        errors are those of `create`; they are raised while reading.
        """

        async def request() -> RequestData:
            return await _request(prompt, model, input_references, params, extra_body, stream=True)

        return ImageStream(self._sender.with_options(options).stream(request))

    def models(self, *, options: RequestOptions | None = None) -> Paginator[ImageModel]:
        """Return the models that make images, in one request, which costs nothing."""
        paging = OffsetPaging(says_more=True)
        return self._pages(
            operations.LIST_IMAGE_MODELS, into=Listing[ImageModel], paging=paging, options=options
        )

    async def endpoints(self, model: str, *, options: RequestOptions | None = None) -> ImageEndpoints:
        """Return everyone who offers a model: prices and parameters. Costs nothing.

        Raises:
            ConfigurationError: `model` is not `author/slug`; nothing was sent.
            NotFound: the service does not know it.
        """
        return await self._send(
            operations.LIST_IMAGE_ENDPOINTS, into=ImageEndpoints, path=author_and_slug(model), options=options
        )


async def _request(
    prompt: str,
    model: str,
    references: Sequence[ImageSource],
    params: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None,
    *,
    stream: bool,
) -> RequestData:
    checked = check_params(ImageParams, params, elsewhere=_ELSEWHERE, where="a request for images")
    body = {**begin_media(model), "prompt": checked_prompt("prompt", prompt), **checked}
    if references:
        body["input_references"] = await encode_references(
            "input_references", references, most=MOST_REFERENCES
        )
    if stream:
        body["stream"] = True
    content, user = finish_body(body, extra_body), user_of(checked, extra_body)
    return build_request(operations.CREATE_IMAGES, content=content, model=model, user=user)
