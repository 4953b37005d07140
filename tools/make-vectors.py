#!/usr/bin/env python3
"""Writes the worked vectors of SPEC §22 into Tests/Vectors/cairn; the same bytes every time."""

import json
import sys
from pathlib import Path

from cairn_vectors import (audits, contents, formats, governing, receipts, rows, splitting,
                           spoilt, wild)

FILES = {**formats.FILES, **splitting.FILES, **rows.FILES, **contents.FILES, **governing.FILES,
         **receipts.FILES, **audits.FILES, **spoilt.FILES, **wild.FILES}
FOLDER = Path(__file__).resolve().parent.parent / "Tests/Vectors/cairn"


def main(folder: Path) -> None:
    """Makes every file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (section, about, cases) in FILES.items():
        made = cases()
        head = {"about": about, "section": section}
        head |= made if isinstance(made, dict) else {"cases": made}
        text = json.dumps(head, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
