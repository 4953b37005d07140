#!/usr/bin/env python3
"""Verifies a Cairn evidence file offline, from SPEC.md alone and without any code of the node.

Exit codes (SPEC §16): 0 verified, 1 another outcome, 2 rejected or bad input.
"""

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from cairn_verify.audit import Audit
from cairn_verify.refusal import Rejected
from cairn_verify.steps import Verification

EXAMPLE = """\
example:
  python3 tools/verify.py lot-42.evidence --genesis network.genesis
  python3 tools/verify.py lot-42.evidence --genesis network.genesis --format json

exit codes:
  0  verified
  1  another outcome: declared, withheld, invalid, not-applicable
  2  rejected, or a file that cannot be read
"""


def verify(evidence: bytes, genesis: bytes) -> dict:
    """The answer of SPEC §16, or what rejected the file."""
    return _verify(evidence, genesis)[0]


def _verify(evidence: bytes, genesis: bytes) -> tuple[dict, str]:
    """The answer, and the subject it is about; no subject of a file that is rejected."""
    try:
        verified = Verification(evidence, genesis).run()
        return Audit(verified).answer(), verified.evidence.subject
    except Rejected as rejected:
        return {"rejected": {"step": rejected.step, "reason": rejected.reason}}, ""


def _time(milliseconds: int) -> str:
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"


def _printable(value: str) -> str:
    """Outside text without control characters, so that it cannot steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in value)


def _table(answer: dict, subject: str) -> str:
    if "rejected" in answer:
        return f"rejected  {answer['rejected']['step']}: {answer['rejected']['reason']}"
    lines = [f"subject   {subject}", f"outcome   {answer['outcome']}"]
    for each in answer["findings"]:
        lines.append(f"finding   {each['code']:<18} {each['origin']} leaf {each['leaf']} "
                     f"part {each['part'][:16]} {each['detail']}")
    for each in answer["basis"]:
        if each.get("notConsulted"):
            lines.append(f"basis     {each['origin']} was not consulted")
            continue
        witness = ", unwitnessed" if each["unwitnessed"] else ""
        lines.append(f"basis     {each['origin']} size {each['size']} root {each['root'][:16]}… "
                     f"sealed {_time(each['sealedAt'])} governance {each['governanceSeq']}, "
                     f"{each['cosignatures']} cosignatures{witness}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Reads two files, prints the answer, and tells it by the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evidence", type=Path, help="the evidence file to verify")
    parser.add_argument("--genesis", type=Path, required=True,
                        help="the network's genesis file: the one thing that is trusted")
    parser.add_argument("--format", choices=("table", "json"), default="table",
                        help="how to print the answer: for people, or as JSON (SPEC §16)")
    options = parser.parse_args(arguments)
    try:
        evidence, genesis = options.evidence.read_bytes(), options.genesis.read_bytes()
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    answer, subject = _verify(evidence, genesis)
    if options.format == "json":
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        print("\n".join(map(_printable, _table(answer, subject).split("\n"))))
    if "rejected" in answer:
        return 2
    return 0 if answer["outcome"] == "verified" else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as error:  # a file this program cannot judge is no answer
        print(f"verify.py failed, which is a defect of it: {error!r}", file=sys.stderr)
        sys.exit(2)
