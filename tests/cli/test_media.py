"""`openrouter-async image`, `speak`, `transcribe` and `rerank`, in processes of their own against the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openrouter_async.testing import Emulator
from tests.cli.commands import RunHere, Terminal, environment, run

PNG = b"\x89PNG\r\n\x1a\n"


def test_an_image_is_written_and_its_path_is_the_result(emulator: Emulator, tmp_path: Path) -> None:
    done = run(
        "image", "A", "fox.", "-m", "openai/gpt-image-1", "-o", "fox.png", "--size", "1K",
        env=environment(emulator), stdin="in the snow", cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "fox.png\n", "")
    assert (tmp_path / "fox.png").read_bytes().startswith(PNG)
    assert emulator.requests[-1].json == {
        "model": "openai/gpt-image-1", "prompt": "A fox.\n\nin the snow", "size": "1K",
    }  # fmt: skip


def test_an_alias_is_a_model_of_each_command(emulator: Emulator, run_here: RunHere, tmp_path: Path) -> None:
    run_here("aliases", "set", "mine", "some/model")
    path = tmp_path / "talk.mp3"
    path.write_bytes(b"ID3" * 100)
    for arguments in (
        ("image", "A fox.", "-o", str(tmp_path / "fox.png")),
        ("speak", "Hi", "--voice", "alloy", "-o", str(tmp_path / "hi.mp3")),
        ("transcribe", str(path)),
        ("rerank", "lamps", str(path)),
    ):
        assert run_here(*arguments, "-m", "mine").returncode == 0
    asked = [request.json["model"] for request in emulator.requests if not request.is_own]
    assert asked == ["some/model"] * 4


def test_several_images_are_numbered(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG + bytes(20))
    done = run(
        "image", "A fox.", "-m", "m", "-o", "fox.png", "-n", "2", "-a", "logo.png", "--json",
        env=environment(emulator), cwd=tmp_path,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [file["path"] for file in told["files"]] == ["fox-1.png", "fox-2.png"]
    assert told["cost"] == 0.08
    assert (tmp_path / "fox-2.png").exists()
    assert len(emulator.requests[-1].json["input_references"]) == 1  # type: ignore[arg-type]


def test_speech_is_written_in_the_format_of_its_name(emulator: Emulator, tmp_path: Path) -> None:
    env = environment(emulator)
    for name, kind in (("a.mp3", "mp3"), ("a.pcm", "pcm")):
        done = run("speak", "-m", "m", "--voice", "alloy", "-o", name, env=env, stdin="Hi", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, f"{name}\n")
        spoken = next(each for each in reversed(emulator.requests) if each.path == "/audio/speech")
        assert spoken.json == {"model": "m", "input": "Hi", "voice": "alloy", "response_format": kind}
    assert (tmp_path / "a.mp3").read_bytes()[:2] == b"\xff\xfb"


def test_a_recording_becomes_text_or_words(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(b"ID3" * 100)
    env = environment(emulator)
    text = run("transcribe", str(path), "-m", "m", "--language", "en", env=env).stdout
    words = run("transcribe", str(path), "-m", "m", "--words", env=env).stdout
    told = json.loads(run("transcribe", "https://example.com/a.mp3", "-m", "m", "--json", env=env).stdout)
    assert text.endswith(".\n")
    assert words.startswith("0.00\t")
    assert told["text"]
    assert told["cost"] > 0
    assert emulator.requests[0].json["language"] == "en"


def test_lines_are_ranked(emulator: Emulator, tmp_path: Path) -> None:
    env = environment(emulator)
    lines = "green grass\n\nthe blue sea\n"
    (tmp_path / "lines.txt").write_text(lines)
    for given in (["lines.txt"], []):
        done = run(
            "rerank", "blue sea", *given, "-m", "m", env=env, stdin="" if given else lines, cwd=tmp_path
        )
        assert done.stdout == "1.0000\tthe blue sea\n0.0000\tgreen grass\n"
    told = json.loads(run("rerank", "sea", "-m", "m", "--top", "1", "--json", env=env, stdin=lines).stdout)
    assert told["results"] == [{"index": 1, "score": 1.0, "document": "the blue sea"}]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["image", "x", "-m", "m", "-o", "there.png"], "is there already"),
        (["image", "x", "-m", "m", "-o", "none/a.png"], "no such directory"),
        (["image", "x", "-o", "a.png"], "--model"),
        (["speak", "x", "-m", "m", "-o", "a.ogg"], "expected one in .mp3 or .pcm"),
        (["transcribe", "none.mp3", "-m", "m"], "cannot be read"),
        (["rerank", "x", "none.txt", "-m", "m"], "cannot be read"),
    ],
)
def test_mistakes_cost_nothing(arguments: list[str], reason: str, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(PNG)
    done = run(*arguments, env=environment(emulator), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert emulator.requests == []


def test_a_person_is_told_the_cost(emulator: Emulator, tmp_path: Path) -> None:
    with Terminal(
        "image", "A fox.", "-m", "m", "-o", str(tmp_path / "a.png"), env=environment(emulator)
    ) as terminal:
        terminal.expect("$0.04")


def test_the_emulator_needs_no_key(tmp_path: Path) -> None:
    done = run("image", "A fox.", "-m", "m", "-o", "a.png", "--emulator", env=environment(None), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "a.png\n")
