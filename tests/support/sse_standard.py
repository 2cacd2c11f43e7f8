"""The standard for server-sent events, sentence by sentence: slow, and what our decoder is held against."""

from __future__ import annotations

from openrouter_async._sansio.sse import Comment, ServerSentEvent, SSEItem

__all__ = ["as_text", "interpret", "joined_comments"]


_SPACE = " \t\n\r\x0b\x0c"
"""What is white space among bytes."""


def as_text(item: SSEItem) -> tuple[str, str]:
    """Return an item of our decoder as `interpret` gives it."""
    match item:
        case Comment(text):
            return ":", text.decode("utf-8", "replace")
        case ServerSentEvent(event, data):
            return event, data.decode("utf-8", "replace")
        case bytes():
            return "message", item.decode("utf-8", "replace")


def joined_comments(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the items with the first comment of those in a row; how many of them come depends on the reads."""
    return [item for i, item in enumerate(items) if not (i and item[0] == items[i - 1][0] == ":")]


def interpret(stream: bytes) -> list[tuple[str, str]]:
    """Interpret a whole stream, character by character, in the order of the standard's sentences."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines: list[str] = []
    line = ""
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\r" and text[position + 1 : position + 2] == "\n":
            position += 1
        if character in "\r\n":
            lines.append(line)
            line = ""
        else:
            line += character
        position += 1

    items: list[tuple[str, str]] = []
    data_buffer = event_type_buffer = type_of_data = ""
    renamed = False
    for line in lines:
        line = line.removeprefix("\ufeff")  # the first difference, see the decoder
        if line == "":
            if data_buffer == "":
                event_type_buffer = ""
                continue
            if data_buffer[-1] == "\n":
                data_buffer = data_buffer[:-1]
            items.append((event_type_buffer or "message", data_buffer))
            data_buffer = event_type_buffer = ""
        elif line[0] == ":":
            comment = line[1:]
            items.append((":", comment[1:] if comment[:1] == " " else comment))
        else:
            if ":" in line:
                field, value = line[: line.index(":")], line[line.index(":") + 1 :]
                if value[:1] == " ":
                    value = value[1:]
            else:
                field, value = line, ""
            if field == "event":
                event_type_buffer = value
                renamed = True
            elif field == "data":
                # The second difference: another object cannot be of the same JSON.
                is_next = value.startswith("{") or value.rstrip(_SPACE) == "[DONE]"
                so_far = data_buffer[:-1]
                if is_next and so_far.startswith("{") and so_far.rstrip(_SPACE).endswith("}"):
                    items.append((type_of_data or "message", so_far))
                    data_buffer, event_type_buffer = "", event_type_buffer if renamed else ""
                if not data_buffer:
                    type_of_data, renamed = event_type_buffer, False
                data_buffer += value + "\n"
    return items
