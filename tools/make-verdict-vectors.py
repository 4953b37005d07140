#!/usr/bin/env python3
"""Makes Tests/Vectors/verdicts: evidence, and what `cairn audit --claim` says of it.

With a program alone it asks again about the evidence there is, and writes the new answers. With
--scenarios it first tells the stories of tools/scenarios again and takes their evidence, and with
--stories those of another folder of the same form.

examples:
  tools/make-verdict-vectors.py .build/debug/cairn
  tools/make-verdict-vectors.py .build/debug/cairn --scenarios .build/debug/cairn-scenarios
"""

import argparse
import base64
import hashlib
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "Tests/Vectors/verdicts"
OPTIONS = {"claim": "--claim", "share": "--share", "model": "--model",
           "validAt": "--valid-at", "knownAt": "--known-at"}
# Stands beside a copy of cairn-scenarios as the `cairn` that this asks, and keeps what it is given.
CATCHER = """#!/bin/sh
n=$(ls '{folder}' | wc -l)
d='{folder}'/$(printf %04d "$n")
mkdir "$d" && cp "$2" "$d/evidence" && cp "$4" "$d/genesis"
for a in "$@"; do printf '%s\\n' "$a"; done > "$d/arguments"
exec '{cairn}' "$@"
"""


def packed(files: dict[str, bytes]) -> dict:
    """Files as the vectors hold them: one archive, since they have much in common."""
    whole = lzma.compress(b"".join(files.values()), preset=9)
    return {"lengths": {mark: len(content) for mark, content in files.items()},
            "xz": base64.b64encode(whole).decode()}


def unpacked(archive: dict) -> dict[str, bytes]:
    """The files again."""
    whole, at, files = lzma.decompress(base64.b64decode(archive["xz"])), 0, {}
    for mark, length in archive["lengths"].items():
        files[mark] = whole[at:at + length]
        at += length
    return files


def told(cairn: Path, scenarios: Path, stories: Path) -> dict:
    """Tells every story of a folder; the evidence of each question, and how it was asked."""
    names = sorted(p.parent.name for p in stories.glob("*/story.json"))
    files: dict[str, bytes] = {}
    cases = []
    for name in names:
        with tempfile.TemporaryDirectory() as home:
            kept = Path(home) / "kept"
            kept.mkdir()
            shutil.copy2(scenarios, Path(home) / "cairn-scenarios")
            catcher = Path(home) / "cairn"
            catcher.write_text(CATCHER.format(folder=kept, cairn=cairn.resolve()))
            catcher.chmod(0o755)
            subprocess.run([Path(home) / "cairn-scenarios", stories, name], cwd=ROOT,
                           stdout=subprocess.DEVNULL, check=False)
            for number, asked in enumerate(sorted(kept.iterdir())):
                cases.append(case(f"{name} {number + 1}", asked, files))
    return {"spec": "§24", "files": packed(files), "cases": cases}


def case(name: str, asked: Path, files: dict[str, bytes]) -> dict:
    """One question as it was asked."""
    found: dict = {"name": name}
    for kind in ("evidence", "genesis"):
        content = (asked / kind).read_bytes()
        mark = hashlib.sha256(content).hexdigest()[:16]
        files[mark] = content
        found[kind] = mark
    arguments = (asked / "arguments").read_text().splitlines()
    for option, flag in OPTIONS.items():
        if flag in arguments:
            found[option] = arguments[arguments.index(flag) + 1]
    return found


def answer(cairn: Path, asked: dict, files: dict[str, bytes]) -> dict:
    """What the program says: a judgement with its basis, or the step that rejects."""
    with tempfile.TemporaryDirectory() as home:
        for kind in ("evidence", "genesis"):
            (Path(home) / kind).write_bytes(files[asked[kind]])
        options = [word for name, flag in OPTIONS.items() if name in asked
                   for word in (flag, asked[name])]
        run = subprocess.run([cairn, "audit", Path(home) / "evidence", "--genesis",
                              Path(home) / "genesis", *options, "--format", "json"],
                             capture_output=True, check=False)
    said = json.loads(run.stdout)
    if "rejected" in said:
        return {"rejected": said["rejected"]["step"]}
    return {name: said[name] for name in ("judgement", "basis", "alarms") if name in said}


def main(arguments: list[str]) -> None:
    """Writes every file of the vectors anew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cairn", type=Path, help="the program that is asked")
    parser.add_argument("--scenarios", type=Path, help="cairn-scenarios, to tell stories again")
    parser.add_argument("--stories", type=Path, default=ROOT / "tools/scenarios",
                        help="the stories to tell; default: tools/scenarios")
    parser.add_argument("--name", default="scenarios", help="the file that they go to")
    options = parser.parse_args(arguments)
    VECTORS.mkdir(exist_ok=True)
    made = {}
    if options.scenarios:
        made[options.name] = told(options.cairn, options.scenarios, options.stories)
    for path in VECTORS.glob("*.json"):
        made.setdefault(path.stem, json.loads(path.read_text(encoding="utf-8")))
    for name, file in made.items():
        files = unpacked(file["files"])
        for each in file["cases"]:
            each["expect"] = answer(options.cairn, each, files)
        text = json.dumps(file, ensure_ascii=False, separators=(",", ":"))
        text = text.replace('{"name":', '\n{"name":').replace('],"frontier"', '],\n"frontier"')
        (VECTORS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
