"""tools/verify.py on the vectors of Tests/Vectors/cairn: good evidence, and spoilt evidence."""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = ROOT / "Tests/Vectors/cairn"
sys.path.insert(0, str(ROOT / "tools"))

import verify  # noqa: E402
from cairn_verify import cbor, epcis, gs1, records, signatures, standing  # noqa: E402
from cairn_verify.refusal import Refused  # noqa: E402

STEPS = ["format", "genesis", "governance", "checkpoint", "seal", "transition", "entry", "index",
         "chain", "row", "part", "closure"]
OUTCOMES = {"contradicted", "verified", "declared", "withheld", "invalid", "not-applicable"}


def load(name: str) -> dict:
    """One file of vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


class Evidence(unittest.TestCase):
    """Whole files."""

    def test_of_rules_that_come_to_the_same_the_first_of_the_table_is_named(self):
        member = SimpleNamespace(uri="urn:x:a", prefixes=[], owns=lambda thing: False)
        thing = SimpleNamespace(covered_by=lambda prefix: False)
        event = SimpleNamespace(primary_site=thing, flows=[("urn:x:b", 0)],
                                objects={"urn:x:b": thing})
        saying = SimpleNamespace(
            issuer=member.uri, origin="o", leaf=1, at=0,
            content=SimpleNamespace(event=event, record=None),
            state=SimpleNamespace(organisations={member.uri: member}, delegations={}))
        judge = standing.Judge([], [], {})
        self.assertEqual(judge.judge(saying), (standing.REPORTED, "create.prefix"))
        event.flows = [("urn:x:b", 2)]
        self.assertEqual(judge.judge(saying), (standing.REPORTED, "report.site"))

    def test_good_evidence_has_the_answer_of_its_vector(self):
        file = load("evidence")
        self.assertEqual({c["expect"]["outcome"] for c in file["cases"]}, OUTCOMES)
        for case in file["cases"]:
            with self.subTest(case["name"]):
                genesis = bytes.fromhex(case.get("genesis", file["genesis"]))
                answer = verify.verify(bytes.fromhex(case["evidence"]), genesis)
                self.assertEqual(answer, case["expect"])

    def test_stories_drawn_by_lot_have_the_answer_of_their_vector(self):
        file = load("stories")
        self.assertGreaterEqual(len(file["cases"]), 60)
        genesis = bytes.fromhex(file["genesis"])
        for case in file["cases"]:
            with self.subTest(case["name"]):
                answer = verify.verify(bytes.fromhex(case["evidence"]), genesis)
                self.assertEqual(answer, case["expect"])

    def test_spoilt_evidence_is_rejected_at_its_step(self):
        file = load("evidence-rejected")
        self.assertEqual(list(dict.fromkeys(c["error"] for c in file["cases"])), STEPS)
        for case in file["cases"]:
            with self.subTest(case["name"]):
                genesis = bytes.fromhex(case.get("genesis", file["genesis"]))
                answer = verify.verify(bytes.fromhex(case["evidence"]), genesis)
                self.assertEqual(answer.get("rejected", {}).get("step"), case["error"])

    def test_each_bit_is_bound_to_genesis(self):
        file = load("evidence-rejected")
        good, genesis = bytes.fromhex(file["good"]), bytes.fromhex(file["genesis"])
        self.assertIn("outcome", verify.verify(good, genesis))
        for at in range(0, len(good), 37):
            spoilt = bytearray(good)
            spoilt[at] ^= 1 << (at % 8)
            with self.subTest(byte=at):
                self.assertIn("rejected", verify.verify(bytes(spoilt), genesis))

    def test_a_changed_part_is_called_changed_wherever_it_sorts(self):
        file = load("evidence-rejected")
        genesis = bytes.fromhex(file["genesis"])
        value = cbor.decode(bytes.fromhex(file["good"]))
        for number in range(len(value[5])):
            with self.subTest(part=number):
                parts = list(value[5])
                parts[number] = parts[number][:-1] + bytes([parts[number][-1] ^ 1])
                spoilt = cbor.encode([*value[:5], parts, value[6]])
                said = verify.verify(spoilt, genesis)["rejected"]
                self.assertEqual(said["step"], "part")
                self.assertIn("its bytes were changed", said["reason"])
                self.assertIn(records.part_digest(parts[number]).hex(), said["reason"])
        swapped = cbor.encode([*value[:5], value[5][::-1], value[6]])
        self.assertEqual(verify.verify(swapped, genesis)["rejected"]["step"], "format")

    def test_every_cut_is_rejected(self):
        file = load("evidence-rejected")
        good, genesis = bytes.fromhex(file["good"]), bytes.fromhex(file["genesis"])
        for length in range(0, len(good), 101):
            with self.subTest(length=length):
                answer = verify.verify(good[:length], genesis)
                self.assertEqual(answer["rejected"]["step"], "format")


class CommandLine(unittest.TestCase):
    """Exit codes and output."""

    def run_on(self, evidence: bytes, genesis: bytes, *options: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / "a.evidence", Path(folder) / "a.genesis"]
            for path, content in zip(paths, (evidence, genesis)):
                path.write_bytes(content)
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                code = verify.main([str(paths[0]), "--genesis", str(paths[1]), *options])
        return code, output.getvalue()

    def test_exit_codes_and_json(self):
        file = load("evidence")
        genesis = bytes.fromhex(file["genesis"])
        for case in file["cases"][:16]:
            with self.subTest(case["name"]):
                code, output = self.run_on(bytes.fromhex(case["evidence"]), genesis,
                                           "--format", "json")
                self.assertEqual(json.loads(output), case["expect"])
                self.assertEqual(code, 0 if case["expect"]["outcome"] == "verified" else 1)

    def test_a_table_names_subject_outcome_and_basis(self):
        file = load("evidence")
        code, output = self.run_on(bytes.fromhex(file["cases"][0]["evidence"]),
                                   bytes.fromhex(file["genesis"]))
        self.assertEqual(code, 0)
        subject = verify.Verification(bytes.fromhex(file["cases"][0]["evidence"]),
                                      bytes.fromhex(file["genesis"])).run().evidence.subject
        self.assertTrue(output.startswith(f"subject   {subject}\noutcome   verified\n"), output)
        self.assertIn("log.example/beta was not consulted", output)

    def test_rejected_evidence_and_missing_files_exit_with_2(self):
        file = load("evidence-rejected")
        genesis = bytes.fromhex(file["genesis"])
        code, output = self.run_on(b"\x00", genesis)
        self.assertEqual((code, output.split(":")[0]), (2, "rejected  format"))
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(verify.main(["/nonexistent", "--genesis", "/nonexistent"]), 2)

    def test_another_kind_of_file_is_called_by_its_name(self):
        with tempfile.NamedTemporaryFile() as file, \
                contextlib.redirect_stderr(io.StringIO()) as errors:
            file.write(b"\x83\x6fcairn-dossier-1")
            file.flush()
            self.assertEqual(verify.main([file.name, "--genesis", file.name]), 2)
        self.assertIn("the dossier of a recall", errors.getvalue())

    def test_help_shows_an_example_and_the_exit_codes(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), self.assertRaises(SystemExit) as left:
            verify.main(["--help"])
        self.assertEqual(left.exception.code, 0)
        self.assertIn("--genesis network.genesis --format json", output.getvalue())
        self.assertIn("2  rejected", output.getvalue())

    def test_outside_text_cannot_steer_a_terminal(self):
        self.assertEqual(verify._printable("a\x1b[2Jb\u202e"), "a?[2Jb?")
        self.assertEqual(verify._printable("a\r\nb\u2028c\u2029d\x85e\u2066f\x0bé木"),
                         "a??b?c?d?e?f?é木")

    def test_words_of_the_file_make_no_lines_of_their_own(self):
        evil = "x\nRECHECKED ok\r\u2028y\u2029z\u202e\u2066\x9b1m"
        basis = {"origin": evil, "notConsulted": True}
        finding = {"lowers": True, "code": evil, "origin": evil, "leaf": 1, "part": "ab" * 32,
                   "detail": evil}
        audit = {"outcome": "invalid", "findings": [finding], "basis": [basis]}
        judgement = {
            "subject": evil, "validAt": 0, "knownAt": 0, "outcome": "declared", "share": "0",
            "claim": {"scheme": evil, "share": "1", "model": evil},
            "findings": [{"code": evil, "lowersTo": "declared", "subject": evil, "day": evil,
                          "parameters": {"reason": evil}, "evidence": ["ab" * 32]}]}
        verdict = {"judgement": judgement, "groups": {}, "basis": [basis]}
        rejected = {"rejected": {"step": "part", "reason": evil}}
        for answer, lines, count in (
                (audit, verify._table(audit, evil), 4), (verdict, verify._verdict(verdict), 7),
                (rejected, verify._table(rejected, ""), 1),
                (rejected, verify._verdict(rejected), 1)):
            with self.subTest(lines=lines):
                table = self.printed("table", answer, lines)
                self.assertEqual(len(table.removesuffix("\n").split("\n")), count)
                self.assertTrue(table.replace("\n", "").isprintable())
                self.assertIn("x?RECHECKED ok??y?z", table)
                document = self.printed("json", answer, lines)
                self.assertTrue(document.replace("\n", "").isprintable())
                self.assertEqual(json.loads(document), answer)

    @staticmethod
    def printed(form: str, answer: dict, lines: list[str]) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            verify._print(argparse.Namespace(format=form), answer, lines)
        return output.getvalue()


class Pieces(unittest.TestCase):
    """What the verifier is made of, against vectors of others."""

    def test_identifiers_agree_with_the_reference_of_the_event_hash(self):
        path = ROOT / "Tests/Vectors/digital-link/cbv-hash-dl-normaliser.json"
        wrong_digit = 0
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            with self.subTest(case["input"]):
                try:
                    found = gs1.canonical(case["input"])
                except Refused as refused:
                    # The reference checks no digits; two of its inputs have a wrong one.
                    wrong_digit += refused.code == "identifier.check-digit"
                    continue
                self.assertEqual(found, case["expected"] or case["input"])
        self.assertEqual(wrong_digit, 2)

    def test_signatures_agree_with_wycheproof(self):
        path = ROOT / "Tests/Vectors/c2sp-wycheproof/ed25519_test.json"
        for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
            public = bytes.fromhex(group["publicKey"]["pk"])
            for case in group["tests"]:
                with self.subTest(case["tcId"]):
                    good = signatures.ed25519_accepts(public, bytes.fromhex(case["msg"]),
                                                      bytes.fromhex(case["sig"]))
                    self.assertEqual(good, case["result"] == "valid")

    def test_p256_agrees_with_wycheproof_but_for_high_s(self):
        path = ROOT / "Tests/Vectors/c2sp-wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"
        accepted = 0
        for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
            raw = bytes.fromhex(group["publicKey"]["uncompressed"])
            key = {1: 2, -1: 1, -2: raw[1:33], -3: raw[33:]}
            for case in group["tests"]:
                signature = bytes.fromhex(case["sig"])
                good = signatures.p256_accepts(key, bytes.fromhex(case["msg"]), signature)
                high = int.from_bytes(signature[32:], "big") > signatures.N256 // 2
                with self.subTest(case["tcId"]):
                    self.assertEqual(good, case["result"] == "valid" and not high)
                accepted += good
        self.assertGreater(accepted, 50)

    def test_formats_agree_with_their_vectors(self):
        for case in load("cbor")["cases"]:
            with self.subTest(case["name"]):
                raw = bytes.fromhex(case["bytes"])
                if "error" in case:
                    with self.assertRaises(Refused) as caught:
                        cbor.decode(raw)
                    self.assertEqual(caught.exception.code, case["error"])
                else:
                    self.assertEqual(cbor.encode(cbor.decode(raw)), raw)
        for case in load("parts")["cases"]:
            if "expect" in case:
                part = records.read_part(bytes.fromhex(case["expect"]["part"]))
                self.assertEqual(part.digest.hex(), case["expect"]["digest"])

    def test_contents_of_events_agree_with_their_vectors(self):
        cases = load("event-content")["cases"] + load("events")["cases"]
        self.assertGreater(len(cases), 250)
        for case in cases:
            with self.subTest(case["name"]):
                content = bytes.fromhex(case["content"])
                if "error" in case:
                    with self.assertRaises(Refused) as caught:
                        epcis.read(content)
                    self.assertEqual(caught.exception.code, case["error"])
                else:
                    found = sorted(map(list, epcis.read(content).rows()))
                    self.assertEqual(found, case["expect"])

    def test_an_event_ends_at_its_limits(self):
        def event(count: int, more: str = "") -> bytes:
            named = [f"ex:{number}" for number in range(count)]
            return json.dumps({
                "@context": [], "type": "ObjectEvent", "action": "ADD", "epcList": named,
                "eventTime": "2026-01-05T08:00:00Z", "eventTimeZoneOffset": "+00:00",
                "childEPCs": named, "ex:a": more}).encode()
        self.assertEqual(len(epcis.read(event(16_384)).rows()), 16_384)
        self.assert_code("epcis.too-large", event(16_385))
        room = (1 << 20) - len(event(1))
        epcis.read(event(1, "a" * room))
        self.assert_code("json.too-large", event(1, "a" * (room + 1)))

    def assert_code(self, code: str, content: bytes):
        with self.assertRaises(Refused) as caught:
            epcis.read(content)
        self.assertEqual(caught.exception.code, code)

    def test_records_agree_with_their_vectors(self):
        for case in load("records")["cases"]:
            with self.subTest(case["name"]):
                content, visibility = bytes.fromhex(case["content"]), case["visibility"]
                if "error" in case:
                    with self.assertRaises(Refused) as caught:
                        records.read_record(content, visibility)
                    self.assertEqual(caught.exception.code, case["error"])
                else:
                    self.assertEqual(cbor.encode(records.read_record(content, visibility)), content)

    def test_times_end_at_2_to_the_53_less_1(self):
        self.assertEqual(cbor.time((1 << 53) - 1, "from"), (1 << 53) - 1)
        for value in (1 << 53, -1, "1"):
            with self.subTest(value), self.assertRaises(Refused) as caught:
                cbor.time(value, "from", "seal.format")
            self.assertEqual(caught.exception.code, "seal.format")
        self.assert_refused("records", {
            "from above 2^53 - 1": "record.field", "until above 2^53 - 1": "record.field",
            "delegation seen by one": "record.must-be-visible"})
        self.assert_refused("statements", {"issued above 2^53 - 1": "statement.header"})
        self.assert_refused("genesis", {"created above 2^53 - 1": "governance.format",
                                        "a key from above 2^53 - 1": "governance.format"})
        self.assert_refused("amendments", {"suspend from above 2^53 - 1": "governance.format",
                                           "delegate until above 2^53 - 1": "governance.format"})

    def assert_refused(self, file: str, errors: dict[str, str]):
        cases = {case["name"]: case.get("error") for case in load(file)["cases"]}
        for name, error in errors.items():
            with self.subTest(name):
                self.assertEqual(cases[name], error)

    def test_the_vectors_are_made_anew_to_the_byte(self):
        with tempfile.TemporaryDirectory() as folder:
            maker = str(ROOT / "tools/make-vectors.py")
            subprocess.run([sys.executable, maker, folder], check=True)
            names = sorted(p.name for p in Path(folder).iterdir())
            self.assertEqual(names, sorted(p.name for p in VECTORS.glob("*.json")))
            for name in names:
                with self.subTest(name):
                    self.assertEqual((Path(folder) / name).read_bytes(),
                                     (VECTORS / name).read_bytes())


if __name__ == "__main__":
    unittest.main()
