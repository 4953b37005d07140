#!/usr/bin/env python3
"""Verifies a Cairn evidence file offline, from SPEC.md alone and without any code of the node.

With --claim it also judges a claim (SPEC §24).
Exit codes (SPEC §16): 0 verified, 1 another outcome, 2 rejected or bad input.
"""

import argparse
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

try:
    from cairn_verify import claims
    from cairn_verify.audit import Audit
    from cairn_verify.facts import states_at
    from cairn_verify.refusal import Refused, Rejected
    from cairn_verify.steps import Verification
    from cairn_verify.verdict import GROUPS, Verdict
except ModuleNotFoundError as missing:
    if missing.name.startswith("cairn_verify"):
        raise
    print(f"verify.py needs {missing.name}: install python3-cryptography and python3-cbor2",
          file=sys.stderr)
    sys.exit(2)

EXAMPLE = """\
example:
  python3 tools/verify.py lot-42.evidence --genesis network.genesis
  python3 tools/verify.py lot-42.evidence --genesis network.genesis --format json
  python3 tools/verify.py lot-42.evidence --genesis network.genesis \\
    --claim https://id.example/scheme/organic --valid-at 2026-06-30

exit codes:
  0  verified
  1  another outcome: verified-partial, declared, withheld, contradicted, invalid …
  2  rejected, a file that cannot be read, or a claim that cannot be made
"""


# What other files begin with, and what they are.
OTHERS = {
    b"\x83\x6fcairn-dossier-": "the dossier of a recall, which cairn audit rechecks",
    b"\x84\x6dcairn-alarm-": "an alarm, which cairn audit rechecks",
    b"\x84\x6fcairn-genesis-": "a genesis file, which goes with --genesis",
    b"c2sp.org/tlog-proof@": "a receipt, which cairn check --receipt holds against a log",
}


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


def judge(evidence: bytes, genesis: bytes, scheme: str, **options: str | None) -> dict:
    """What SPEC §24 says of a claim, or what rejected the file.

    Raises Refused `claim.*` where the claim cannot be made."""
    try:
        verified = Verification(evidence, genesis).run()
    except Rejected as rejected:
        return {"rejected": {"step": rejected.step, "reason": rejected.reason}}
    claim = claims.claim(lambda at: states_at(verified, at)[-1].schemes, scheme, **options)
    return Verdict(verified, claim).answer()


def _time(milliseconds: int) -> str:
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"


def _printable(value: str) -> str:
    """Outside text on one line, without characters that steer: controls, ends of lines, and marks
    that turn the order of writing around. So an issuer's words can neither steer a terminal nor
    look like lines of this program."""
    return "".join(c if c.isprintable() else "?" for c in value)


def _escaped(document: str) -> str:
    """The same JSON with such characters as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in document)


def _table(answer: dict, subject: str) -> list[str]:
    """The lines of the answer for people; what they quote may still have ends of lines in it."""
    if "rejected" in answer:
        return [f"rejected  {answer['rejected']['step']}: {answer['rejected']['reason']}"]
    lines = [f"subject   {subject}", f"outcome   {answer['outcome']}"]
    for each in answer["findings"]:
        mark = "!" if each["lowers"] else " "
        lines.append(f"finding {mark} {each['code']:<18} {each['origin']} leaf {each['leaf']} "
                     f"part {each['part'][:16]} {each['detail']}")
    return lines + _basis(answer)


def _basis(answer: dict) -> list[str]:
    lines = []
    for each in answer["basis"]:
        if each.get("notConsulted"):
            lines.append(f"basis     {each['origin']} was not consulted")
            continue
        witness = ", unwitnessed" if each["unwitnessed"] else ""
        lines.append(f"basis     {each['origin']} size {each['size']} root {each['root'][:16]}… "
                     f"sealed {_time(each['sealedAt'])} governance {each['governanceSeq']}, "
                     f"{each['cosignatures']} cosignatures{witness}")
    return lines


def _verdict(answer: dict) -> list[str]:
    if "rejected" in answer:
        return _table(answer, "")
    said = answer["judgement"]
    claim = [said["claim"]["scheme"], f"share {said['claim']['share']}"]
    claim += [said["claim"]["model"]] if "model" in said["claim"] else []
    lines = [f"subject   {said['subject']}", f"claim     {', '.join(claim)}",
             f"times     valid at {_time(said['validAt'])}, known at {_time(said['knownAt'])}"]
    lines += [f"group {letter}   {GROUPS[letter]:<14} {outcome}"
              for letter, outcome in answer["groups"].items()]
    lines += [f"share     {said['share']} at least"] if "share" in said else []
    lines += [f"outcome   {said['outcome']}"]
    for each in said["findings"]:
        lowers = each.get("lowersTo", "-")
        told = ", ".join(f"{name} {value}" for name, value in each["parameters"].items())
        lines.append(f"finding   {each['code']} {lowers} {each['subject']} {each.get('day', '')} "
                     f"{told}; parts {', '.join(part[:12] for part in each['evidence'])}")
    return lines + _basis(answer)


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
    claim = parser.add_argument_group("claim (SPEC §24.3)")
    claim.add_argument("--claim", metavar="SCHEME", help="the claim scheme to judge by")
    claim.add_argument("--share", help="how much is claimed, such as 0.4")
    claim.add_argument("--model", help=", ".join(claims.MODELS))
    claim.add_argument("--valid-at", metavar="TIME", help="when the claim is to hold; default: now")
    claim.add_argument("--known-at", metavar="TIME",
                       help="judge by what was registered until then; default: now")
    options = parser.parse_args(arguments)
    asked = {name: getattr(options, name) for name in ("share", "model", "valid_at", "known_at")}
    if options.claim is None and any(asked.values()):
        parser.error("--share, --model, --valid-at and --known-at go with --claim")
    try:
        evidence, genesis = options.evidence.read_bytes(), options.genesis.read_bytes()
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    for start, kind in OTHERS.items():
        if evidence.startswith(start):
            print(f"{options.evidence} is no evidence file but {kind}", file=sys.stderr)
            return 2
    if options.claim is not None:
        return _main_claim(options, evidence, genesis, asked)
    answer, subject = _verify(evidence, genesis)
    _print(options, answer, _table(answer, subject))
    if "rejected" in answer:
        return 2
    return 0 if answer["outcome"] == "verified" else 1


def _main_claim(options: argparse.Namespace, evidence: bytes, genesis: bytes,
                asked: dict) -> int:
    try:
        answer = judge(evidence, genesis, options.claim, **asked)
    except Refused as refused:
        print(_printable(f"{refused.reason} ({refused.code})"), file=sys.stderr)
        return 2
    _print(options, answer, _verdict(answer))
    if "rejected" in answer:
        return 2
    end = max((each.get("sealedAt", 0) for each in answer["basis"]), default=0)
    if answer["judgement"]["knownAt"] > end:
        print(f"note: the file ends at {_time(end)}: what was registered later, be it a "
              "revocation, is not in it", file=sys.stderr)
    return 0 if answer["judgement"]["outcome"] == "verified" else 1


def _print(options: argparse.Namespace, answer: dict, lines: list[str]) -> None:
    if options.format == "json":
        print(_escaped(json.dumps(answer, indent=2, ensure_ascii=False)))
    else:
        print("\n".join(map(_printable, lines)))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as error:  # a file this program cannot judge is no answer
        print(f"verify.py failed, which is a defect of it: {error!r}", file=sys.stderr)
        sys.exit(2)
