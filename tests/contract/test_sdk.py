"""The reader of the service's SDK: a small one of the same make is read as what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .sdk import read_sdk

FILES = {
    "__init__.py": "",
    "types.py": """
        from typing import TypeVar, Union, Optional
        from pydantic import BaseModel
        from pydantic_core import core_schema
        from typing_extensions import TypeAliasType

        T = TypeVar("T")
        class Unset(BaseModel): ...
        UNSET = Unset()
        Nullable = TypeAliasType("Nullable", Union[T, None], type_params=(T,))
        OptionalNullable = TypeAliasType("OptionalNullable", Union[Optional[Nullable[T]], Unset], type_params=(T,))
        class UnrecognizedStr(str):
            @classmethod
            def __get_pydantic_core_schema__(cls, source, handler):
                return core_schema.str_schema()
        """,
    "utils.py": """
        from dataclasses import dataclass

        @dataclass
        class FieldMetadata:
            path: object = None
            query: object = None
            header: object = None
        """,
    "components.py": """
        from __future__ import annotations
        from datetime import datetime
        from typing import Annotated, Dict, List, Literal, Optional, Union
        import pydantic
        from pydantic import BaseModel, ConfigDict
        from .types import UNSET, Nullable, OptionalNullable, UnrecognizedStr

        class Cat(BaseModel):
            name: Nullable[str]
            born: datetime
            kind: Annotated[Literal["cat"], pydantic.Field(alias="type")] = "cat"
            mood: Optional[Union[Literal["good", "bad"], UnrecognizedStr]] = "good"
            lives: OptionalNullable[int] = UNSET
            friends: Optional[List[Pet]] = None
            weights: Optional[Dict[str, float]] = None

        class Unknown(BaseModel):
            is_unknown: Literal[True] = True

        class Dog(BaseModel):
            model_config = ConfigDict(extra="allow")
            tricks: Union[int, str]

        Pet = Union[Cat, Dog, Unknown]
        Cat.model_rebuild()
        """,
    "errors.py": """
        from pydantic import BaseModel

        class NotFoundData(BaseModel):
            message: str
        """,
    "operations.py": """
        from typing import Annotated, Optional
        import pydantic
        from pydantic import BaseModel
        from .utils import FieldMetadata

        class GetCatRequest(BaseModel):
            id: Annotated[str, FieldMetadata(path=True)]
            deep: Annotated[Optional[bool], FieldMetadata(query=True)] = None
            referer: Annotated[Optional[str], pydantic.Field(alias="HTTP-Referer"), FieldMetadata(header=True)] = None
        """,
    "cats.py": """
        from . import components, errors, operations, utils

        class Cats:
            async def get_async(self, id, deep=None):
                request = operations.GetCatRequest(id=id, deep=deep)
                req = self._build_request_async(method="GET", path="/cats/{id}", request=request)
                http_res = await self.do_request_async(
                    hook_ctx=HookContext(operation_id="getCat", tags=["Cats"]), request=req
                )
                if utils.match_response(http_res, "200", "application/json"):
                    return unmarshal_json_response(components.Cat, http_res)
                if utils.match_response(http_res, "404", "application/json"):
                    data = unmarshal_json_response(errors.NotFoundData, http_res)
                    raise errors.NotFound(data)
                if utils.match_response(http_res, "4XX", "*"):
                    raise errors.Default()

            async def put_async(self, cat):
                req = self._build_request_async(
                    method="PUT",
                    path="/cats",
                    request_body_required=True,
                    get_serialized_body=lambda: utils.serialize_request_body(cat, False, False, "json", components.Cat),
                )
                http_res = await self.do_request_async(
                    hook_ctx=HookContext(operation_id="putCat", tags=["Cats"]), request=req
                )
                if utils.match_response(http_res, "204", "*"):
                    return

            async def put_form_async(self, dog):
                req = self._build_request_async(
                    method="PUT",
                    path="/cats#multipart",
                    get_serialized_body=lambda: utils.serialize_request_body(
                        dog, False, False, "multipart", components.Dog
                    ),
                )
                http_res = await self.do_request_async(
                    hook_ctx=HookContext(operation_id="putCat_multipart", tags=["Cats"]), request=req
                )
                if utils.match_response(http_res, "204", "*"):
                    return

            async def purr_async(self):
                req = self._build_request_async(method="POST", path="/purr")
                http_res = await self.do_request_async(
                    hook_ctx=HookContext(operation_id="purr", tags=["Cats"]), request=req
                )
                if utils.match_response(http_res, "200", "audio/*"):
                    return http_res
                if utils.match_response(http_res, "200", "text/event-stream"):
                    return EventStreamAsync(lambda raw: unmarshal_json_response(components.Cat, http_res, raw))
        """,
}
CAT, DOG = {"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}
COMMON = {"params": {}, "errors": {}, "tag": "Cats"}


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """A folder with a small SDK."""
    (tmp_path / "openrouter").mkdir()
    for name, text in FILES.items():
        (tmp_path / "openrouter" / name).write_text(dedent(text), encoding="utf-8")
    return tmp_path


def test_operations_have_route_parameters_bodies_and_answers(sdk: Path) -> None:
    assert read_sdk(sdk)["operations"] == {
        "getCat": {
            **COMMON,
            "method": "GET",
            "path": "/cats/{id}",
            "params": {
                "id": {"in": "path", "required": True, "schema": {"type": "string"}},
                "deep": {"in": "query", "required": False, "schema": {"type": "boolean"}},
            },
            "status": 200,
            "response": CAT,
            "errors": {"404": {"$ref": "#/$defs/NotFoundData"}},
        },
        "putCat": {
            **COMMON,
            "method": "PUT",
            "path": "/cats",
            "body": CAT,
            "body_required": True,
            "content_type": "application/json",
            "other_bodies": {"multipart/form-data": DOG},
            "status": 204,
        },
        "purr": {
            **COMMON,
            "method": "POST",
            "path": "/purr",
            "status": 200,
            "binary": "audio/*",
            "stream": CAT,
        },
    }


def test_types_have_their_fields_as_the_wire_has_them(sdk: Path) -> None:
    schemas = read_sdk(sdk)["$defs"]
    assert schemas["Cat"] == {
        "type": "object",
        "properties": {
            "name": {"type": ["string", "null"]},
            "born": {"type": "string", "format": "date-time"},
            "type": {"type": "string", "enum": ["cat"]},
            "mood": {"type": "string", "enum": ["bad", "good"], "x-open": True},
            "lives": {"type": ["integer", "null"]},
            "friends": {"type": "array", "items": {"anyOf": [CAT, DOG]}},
            "weights": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["born", "name", "type"],
    }
    assert schemas["Dog"]["additionalProperties"] is True
    assert "Unknown" not in schemas


def test_nothing_of_the_sdk_stays_loaded(sdk: Path) -> None:
    read_sdk(sdk)
    assert not [name for name in sys.modules if name.partition(".")[0] == "openrouter"]
    assert str(sdk) not in sys.path
