"""Claims judged by the second verifier, against what `cairn audit --claim` says of the same files.

The files are of `tools/scenarios` and of smaller stories, one for each rule (SPEC §24)."""

import base64
import contextlib
import copy
import io
import json
import lzma
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import verify  # noqa: E402
from cairn_verify import alarms, cbor, claims, credentials, hashes, notes  # noqa: E402
from cairn_verify.alarms import alarm_digest, is_consistent  # noqa: E402
from cairn_verify.certificates import Certificates  # noqa: E402
from cairn_verify.facts import Facts, identifier, states_at  # noqa: E402
from cairn_verify.genesis import read_genesis  # noqa: E402
from cairn_verify.refusal import Refused  # noqa: E402
from cairn_verify.steps import Verification  # noqa: E402
from cairn_verify.verdict import Verdict, worst  # noqa: E402

OPTIONS = {"share": "share", "model": "model", "validAt": "valid_at", "knownAt": "known_at"}
DAY = 86_400_000


def unpacked(archive: dict) -> dict[str, bytes]:
    """The files of an archive, as `tools/make-verdict-vectors.py` packs them."""
    whole, at, files = lzma.decompress(base64.b64decode(archive["xz"])), 0, {}
    for mark, length in archive["lengths"].items():
        files[mark] = whole[at:at + length]
        at += length
    return files


class Vectors:
    """One file of vectors."""

    def __init__(self, name: str):
        path = ROOT / f"Tests/Vectors/verdicts/{name}.json"
        self.file = json.loads(path.read_text(encoding="utf-8"))
        self.files = unpacked(self.file["files"])
        self.cases = {case["name"]: case for case in self.file["cases"]}

    def bytes(self, case: dict, kind: str) -> bytes:
        """Evidence or genesis of a case."""
        return self.files[case[kind]]

    def answer(self, case: dict) -> dict:
        """What the second verifier says."""
        options = {ours: case[name] for name, ours in OPTIONS.items() if name in case}
        return verify.judge(self.bytes(case, "evidence"), self.bytes(case, "genesis"),
                            case["claim"], **options)

    def verified(self, case: dict) -> Verification:
        """The evidence of a case after every step, to be changed behind the proofs' back."""
        return Verification(self.bytes(case, "evidence"), self.bytes(case, "genesis")).run()


def judged(verified: Verification, case: dict, **instead: str) -> dict:
    """The answer to the claim of a case over evidence that was verified."""
    options = {ours: case[name] for name, ours in OPTIONS.items() if name in case} | instead
    claim = claims.claim(lambda at: states_at(verified, at)[-1].schemes, case["claim"], **options)
    return Verdict(verified, claim).answer()


class Answers(unittest.TestCase):
    """Whole files."""

    maxDiff = None

    def check(self, name: str, least: int) -> None:
        vectors = Vectors(name)
        self.assertGreaterEqual(len(vectors.cases), least)
        for case in vectors.cases.values():
            with self.subTest(case["name"]):
                answer, expected = vectors.answer(case), case["expect"]
                if "rejected" in expected:
                    self.assertEqual(answer["rejected"]["step"], expected["rejected"])
                    continue
                said, wanted = answer["judgement"], expected["judgement"]
                self.assertEqual(said, wanted)
                self.assertEqual(answer["basis"], expected["basis"])
                self.assertEqual(answer.get("alarms"), expected.get("alarms"))
                outcome = expected["judgement"]["outcome"]
                self.assertEqual(worst(list(answer["groups"].values())), outcome)

    def test_scenarios_have_the_findings_of_the_program(self):
        self.check("scenarios", 69)

    def test_probes_have_the_findings_of_the_program(self):
        self.check("probes", 281)

    def test_trade_has_the_findings_of_the_program(self):
        self.check("trade", 210)

    def test_gaps_have_the_findings_of_the_program(self):
        self.check("gaps", 56)

    def test_every_code_is_found_somewhere(self):
        found = {each["code"] for name in ("scenarios", "probes", "trade", "gaps")
                 for case in Vectors(name).cases.values() if "judgement" in case["expect"]
                 for each in case["expect"]["judgement"]["findings"]}
        wanted = {"certificate." + state for state in (
            "granularity", "out-of-scope", "declared", "unaccredited", "nonconforming",
            "unconfirmed", "revoked", "suspended", "expired", "valid", "missing")}
        wanted |= {"custody." + state for state in (
            "unreceived", "unshipped", "gap", "quantity", "shortage", "order", "aggregation",
            "origin-unknown", "cycle")}
        wanted |= {"material." + state for state in (
            "share", "unqualified", "model", "not-assessable", "exceeded", "element", "overdrawn",
            "unallocated", "allocation-withheld", "volume-exceeded", "credit", "credit-exceeded",
            "attested", "balance-disagrees", "converted")}
        wanted |= {"claim.model-refused", "origin.plot-missing", "status.recalled",
                   "status.disputed",
                   "ledger.alarm", "ledger.not-consulted", "ledger.stale", "ledger.not-gathered",
                   "part.withheld", "part.erased", "standing.reported", "issuer.unrelated",
                   "issuer.suspended", "key.revoked", "event.contradicted",
                   "event.declared-wrong", "rows.missing"}
        self.assertEqual(wanted - found, set())


class Mutations(unittest.TestCase):
    """What the records say is changed after their proofs were checked: the answer must follow."""

    @classmethod
    def setUpClass(cls):
        cls.scenarios = Vectors("scenarios")
        cls.case = cls.scenarios.cases["01-organic-bed-linen 1"]
        cls.revoked = cls.scenarios.cases["04-revoked-with-effect-in-the-past 1"]
        cls.linen = cls.scenarios.verified(cls.case)
        cls.taken_back = cls.scenarios.verified(cls.revoked)

    def codes(self, verified: Verification, case: dict) -> list[tuple]:
        return [(each["code"], each["subject"], each.get("day"))
                for each in judged(verified, case)["judgement"]["findings"]]

    @staticmethod
    def changed(verified: Verification, digest: bytes, content) -> Verification:
        """A copy with one part saying something else, or closed."""
        copied = copy.copy(verified)
        copied.contents = dict(verified.contents)
        copied.contents.pop(digest)
        if content is not None:
            copied.contents[digest] = content
        return copied

    def records(self, verified: Verification, kind: str) -> list[tuple[bytes, object]]:
        return [(digest, content) for digest, content in verified.contents.items()
                if content.kind == kind]

    def with_record(self, verified: Verification, digest: bytes, members: dict) -> Verification:
        content = copy.copy(verified.contents[digest])
        content.record = {**content.record, **members}
        return self.changed(verified, digest, content)

    def test_a_certificate_that_is_dropped_is_missing(self):
        whole = judged(self.linen, self.case)
        self.assertEqual(whole["groups"]["C"], "verified")
        certificates = self.records(self.linen, "certificate")
        self.assertEqual(len(certificates), 6)
        for digest, content in certificates:
            with self.subTest(content.record[2]):
                answer = judged(self.changed(self.linen, digest, None), self.case)
                origin = content.record[2].split("/")[-1].startswith("farm")
                codes = [each["code"] for each in answer["judgement"]["findings"]]
                self.assertEqual(codes.count("certificate.valid"), 5)
                # Of two origins one may fail to qualify: then less qualifies, and nothing is amiss.
                self.assertEqual(codes.count("certificate.missing"), 0 if origin else 1)
                self.assertEqual(answer["groups"]["C"], "verified" if origin else "incomplete")

    def test_an_accreditation_that_is_dropped_leaves_certificates_unaccredited(self):
        digest, _ = self.records(self.linen, "accreditation")[0]
        answer = judged(self.changed(self.linen, digest, None), self.case)
        self.assertEqual(answer["groups"]["C"], "declared")

    def test_a_date_that_is_changed_changes_the_answer(self):
        digest = next(digest for digest, content in self.records(self.linen, "certificate")
                      if content.record[2].endswith("/gin"))
        was = dict(self.linen.contents[digest].record)
        for members, outcome in (({6: was[6] - 400 * DAY}, "expired"),
                                 ({5: was[5] + 400 * DAY}, "expired"),
                                 ({6: was[6] - 300 * DAY}, "verified")):
            with self.subTest(members):
                answer = judged(self.with_record(self.linen, digest, members), self.case)
                self.assertEqual(answer["groups"]["C"], outcome)
        accreditation, content = self.records(self.linen, "accreditation")[0]
        late = {5: content.record[5] + 30 * DAY}
        answer = judged(self.with_record(self.linen, accreditation, late), self.case)
        self.assertEqual(answer["groups"]["C"], "declared")

    def test_a_revocation_that_is_dropped_or_later_changes_the_answer(self):
        self.assertEqual(judged(self.taken_back, self.revoked)["groups"]["C"], "revoked")
        digest, content = self.records(self.taken_back, "revocation")[0]
        without = copy.copy(self.taken_back)
        without.contents = {d: c for d, c in self.taken_back.contents.items() if d != digest}
        self.assertNotEqual(judged(without, self.revoked)["groups"]["C"], "revoked")
        later = self.with_record(self.taken_back, digest, {5: content.record[5] + 200 * DAY})
        self.assertEqual(judged(later, self.revoked)["groups"]["C"], "verified")
        other = self.with_record(self.taken_back, digest, {4: "https://certificates.example/no"})
        self.assertEqual(judged(other, self.revoked)["groups"]["C"], "verified")

    def test_every_member_of_a_pair_matters(self):
        digest = next(digest for digest, content in self.records(self.linen, "certificate")
                      if content.record[2].endswith("/mill"))
        scope = self.linen.contents[digest].record[15]
        before = self.codes(self.linen, self.case)
        for number, (name, value) in enumerate(scope):
            with self.subTest(name):
                pairs = [pair for at, pair in enumerate(scope) if at != number]
                after = self.codes(self.with_record(self.linen, digest, {15: pairs}), self.case)
                self.assertNotEqual(before, after)

    def test_an_event_that_is_closed_is_withheld(self):
        for digest, content in list(self.linen.contents.items()):
            if content.event is None:
                continue
            with self.subTest(content.event.step):
                answer = judged(self.changed(self.linen, digest, None), self.case)
                self.assertEqual(answer["groups"]["I"], "withheld")

    def test_a_member_governs_itself_before_who_lists_it(self):
        known_at = claims.instant("2026-06-30")
        facts = Facts(self.scenarios.verified(self.case), known_at, known_at)
        members = facts.state.organisations
        # As an amendment adds them: not in the order of their URIs.
        facts.state.organisations = dict(reversed(members.items()))
        first, second, third = sorted(members)[:3]
        site = members[third].sites[0]
        for other in (first, second):
            members[other].sites = [*members[other].sites, site, third]
        self.assertEqual(facts.owner(identifier(third)), third)
        self.assertEqual(facts.owner(identifier(site)), first)

    def test_who_lost_its_accreditation_vouches_for_nothing(self):
        case = next(each for each in self.scenarios.cases.values() if any(
            finding["code"] == "material.attested"
            for finding in each["expect"].get("judgement", {}).get("findings", ())))
        verified = self.scenarios.verified(case)
        for state, code in (("valid", "material.attested"), ("suspended", "part.withheld"),
                            ("revoked", "part.withheld"), (None, "part.withheld")):
            with self.subTest(state), mock.patch.object(
                    Certificates, "accredited_on", return_value=state):
                found = {each[0] for each in self.codes(verified, case)}
                self.assertEqual(found & {"material.attested", "part.withheld"}, {code})

    def test_times_bound_what_counts(self):
        early = judged(self.taken_back, self.revoked, known_at="2026-06-01")
        self.assertEqual(early["groups"]["C"], "verified")
        before = judged(self.linen, self.case, valid_at="2026-01-15")
        self.assertEqual(before["judgement"]["coverage"]["traced"], 0)

    def test_evidence_that_is_changed_is_rejected(self):
        raw = bytearray(self.scenarios.bytes(self.case, "evidence"))
        raw[len(raw) // 2] ^= 1
        answer = verify.judge(bytes(raw), self.scenarios.bytes(self.case, "genesis"),
                              self.case["claim"])
        self.assertIn("rejected", answer)


class Alarms(unittest.TestCase):
    """Evidence that carries a proof of two histories."""

    @classmethod
    def setUpClass(cls):
        cls.vectors = Vectors("scenarios")
        cls.case = cls.vectors.cases["14-forked-log 3"]
        cls.genesis = cls.vectors.bytes(cls.case, "genesis")
        cls.value = cbor.decode(cls.vectors.bytes(cls.case, "evidence"))

    def answer(self, *alarms: list) -> dict:
        """The answer without a claim to the same file with other alarms."""
        raw = sorted(map(cbor.encode, alarms), key=alarm_digest)
        more = [raw] if raw else []
        return verify.verify(cbor.encode([*self.value[:7], *more]), self.genesis)

    def test_an_alarm_contradicts_what_the_log_says(self):
        self.assertEqual(self.answer()["outcome"], "verified")
        answer = self.answer(cbor.decode(self.value[7][0]))
        self.assertEqual(answer["outcome"], "contradicted")
        self.assertEqual(answer["alarms"], self.case["expect"]["alarms"])

    def test_what_proves_nothing_is_rejected(self):
        version, network, amendments, (kind, (origin, size, sides)) = cbor.decode(self.value[7][0])
        short, long = sides
        note = bytearray(short[0])
        note[len(note) - 10] ^= 1
        for name, alarm in {
                "version": ["cairn-alarm-2", network, amendments, [kind, [origin, size, sides]]],
                "network": [version, bytes(32), amendments, [kind, [origin, size, sides]]],
                "order": [version, network, amendments, [kind, [origin, size, sides[::-1]]]],
                "one side": [version, network, amendments, [kind, [origin, size, [short, short]]]],
                "size": [version, network, amendments, [kind, [origin, size - 1, sides]]],
                "origin": [version, network, amendments, [kind, ["b.example/log", size, sides]]],
                "signature": [version, network, amendments,
                              [kind, [origin, size, [[bytes(note), *short[1:]], long]]]],
                "root": [version, network, amendments,
                         [kind, [origin, size, [short, [long[0], b"\xff" * 32, long[2]]]]]],
                "proof": [version, network, amendments,
                          [kind, [origin, size, [short, [*long[:2], long[2][:-1]]]]]],
                "kind": [version, network, amendments, [3, [origin, size, sides]]]}.items():
            with self.subTest(name):
                self.assertEqual(self.answer(alarm)["rejected"]["step"], "alarm")
        empty = cbor.encode([*self.value[:7], []])
        self.assertEqual(verify.verify(empty, self.genesis)["rejected"]["step"], "format")

    def test_entries_that_may_stand_in_no_log_are_judged_as_kept(self):
        kept = json.loads((ROOT / "Tests/Vectors/alarms/entry.json").read_text())
        genesis = read_genesis(base64.b64decode(kept["genesis"]))
        convicted = 0
        for case in kept["cases"]:
            with self.subTest(case["name"]):
                raw = base64.b64decode(case["alarm"])
                if code := case.get("code"):
                    with self.assertRaises(Refused) as caught:
                        alarms.read(raw, genesis.state)
                    self.assertEqual(caught.exception.code, code)
                else:
                    alarm = alarms.read(raw, genesis.state)
                    self.assertEqual((alarm.kind, len(alarm.checkpoints)), ("entry", 1))
                    convicted += 1
        self.assertEqual(convicted, 4)

    def test_a_tree_is_consistent_with_each_that_it_was(self):
        leaves = [hashes.leaf_hash(bytes([number])) for number in range(17)]
        for size in range(1, 18):
            for before in range(1, size + 1):
                root = hashes.tree_root(leaves[:size])
                later = notes.Checkpoint("", "", size, root, [])
                proof = consistency(leaves[:size], before)
                old = hashes.tree_root(leaves[:before])
                with self.subTest((before, size)):
                    self.assertTrue(is_consistent(before, old, later, proof))
                    self.assertFalse(is_consistent(before, bytes(32), later, proof))
                    self.assertFalse(is_consistent(before, old, later, [*proof, bytes(32)]))


def consistency(leaves: list[bytes], before: int, whole: bool = True) -> list[bytes]:
    """The proof of RFC 6962 §2.1.2 that a tree grew."""
    if before == len(leaves):
        return [] if whole else [hashes.tree_root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if before <= split:
        return consistency(leaves[:split], before, whole) + [hashes.tree_root(leaves[split:])]
    return consistency(leaves[split:], before - split, False) + [hashes.tree_root(leaves[:split])]


class Credentials(unittest.TestCase):
    """What certificates hold, as Tests/RecordsTests/CertificateTests.swift has it."""

    CERTIFIER, IDENT = "https://id.gs1.org/417/9521109000001", "https://certs.example/7"
    CRITERION = "https://schemes.example/organic/fibre"
    FROM = 1_772_353_800_000  # 2026-03-01T08:30:00Z

    def read(self, pairs=(), body=None) -> credentials.Certificate | None:
        """A certificate with these pairs, or with a credential for a body."""
        record = {1: "certificate", 2: self.IDENT, 3: [self.CERTIFIER], 5: self.FROM,
                  9: ["application/pdf", b"1"], 15: [("criterion", self.CRITERION), *pairs]}
        if body is not None:
            record |= {9: ["application/vc", json.dumps(body).encode()], 15: []}
        return credentials.certificate(record, self.CERTIFIER, bytes(32))

    def credential(self, valid_from: str, assessed: str) -> dict:
        return {"type": "DigitalConformityCredential", "id": self.IDENT, "issuer": self.CERTIFIER,
                "validFrom": valid_from, "credentialSubject": {"conformityAssessment": [
                    {"assessmentCriteria": [self.CRITERION], "assessmentDate": assessed}]}}

    def test_a_volume_is_an_exact_amount(self):
        for volume in ("1200.50 KGM", "0.5 KGM", "1.000 KGM", "0.001 H87", f"{2**127 - 1} KGM",
                       "1" + "0" * 64 + " KGM", "1" + "0" * 64 + ".0 KGM",
                       "0." + "0" * 63 + "1 KGM", "1." + "0" * 71 + " KGM"):
            with self.subTest(volume):
                self.assertIsNotNone(self.read([("volume", volume)]))
        for volume in ("00001.50 KGM", "00 KGM", "0 KGM", "0.00 KGM", "01 KGM", "00.5 KGM",
                       ".5 KGM", "1. KGM", "1.2.3 KGM", f"{2**127} KGM", "123456789" * 5 + " KGM",
                       "1" + "0" * 65 + " KGM", "0." + "0" * 64 + "1 KGM",
                       "0." + "0" * 70 + "1 KGM", "1  KGM", "1 KGMX", "1 K", "-1 KGM", "1e3 KGM",
                       "\u0661 KGM"):
            with self.subTest(volume):
                self.assertIsNone(self.read([("volume", volume)]))

    def test_days_and_times_are_those_of_events(self):
        good = ("2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T23:59:59.9999Z",
                "2026-03-02T13:59:59+14:00", "2026-02-28T10:00:00-14:00")
        bad = ("2026-03-01t08:30:00Z", "2026-03-01T08:30:00z", "2026-03-01T08:30:00",
               "2026-03-01 08:30:00Z", "2026-03-01T22:30:00+14:01", "2026-03-01T23:30:00+15:00",
               "2026-03-01T23:59:00+23:59", "2026-03-01T08:30:00-15:00", "2026-03-01T24:00:00Z",
               "2026-03-01T08:30:60Z", "2026-03-01T08:30Z", "2026-03-01T08:30:00.Z",
               "20260301", "2026-3-1", "")
        for text in good + bad:
            with self.subTest(text):
                for body in (self.credential(text, "2026-02-11"),
                             self.credential("2026-03-01", text)):
                    self.assertEqual(self.read(body=body) is not None, text in good)

    def test_no_day_lies_before_1970(self):
        for day, is_good in (("1970-01-01", True), ("1969-12-31", False), ("0001-01-01", False),
                             ("9999-12-31", True)):
            with self.subTest(day):
                self.assertEqual(self.read([("assessed", day)]) is not None, is_good)
                body = self.credential("2026-03-01", day)
                self.assertEqual(self.read(body=body) is not None, is_good)
        body = self.credential("2026-03-01", "1970-01-01T00:59:59+01:00")
        self.assertIsNone(self.read(body=body))


class CommandLine(unittest.TestCase):
    """Exit codes and output."""

    @classmethod
    def setUpClass(cls):
        cls.vectors = Vectors("scenarios")

    def run_on(self, name: str, *options: str) -> tuple[int, str, str]:
        case = self.vectors.cases[name]
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / "a.evidence", Path(folder) / "a.genesis"]
            for path, kind in zip(paths, ("evidence", "genesis")):
                path.write_bytes(self.vectors.bytes(case, kind))
            output, errors = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                code = verify.main([str(paths[0]), "--genesis", str(paths[1]), *options])
        return code, output.getvalue(), errors.getvalue()

    def test_exit_codes_and_what_they_say(self):
        claim = ("--claim", "https://schemes.example/organic")
        code, output, errors = self.run_on("01-organic-bed-linen 1", *claim,
                                           "--valid-at", "2026-06-30")
        self.assertEqual(code, 0)
        self.assertIn("what was registered later, be it a revocation, is not in it", errors)
        self.assertIn("share     1 at least\noutcome   verified\n", output)
        self.assertIn("valid at 2026-06-30T23:59:59Z", output)
        code, output, _ = self.run_on("04-revoked-with-effect-in-the-past 1", *claim,
                                      "--format", "json")
        said = json.loads(output)
        self.assertEqual((code, said["judgement"]["outcome"], said["groups"]["C"]),
                         (1, "revoked", "revoked"))

    def test_claims_that_cannot_be_made_exit_with_2(self):
        claim = ("--claim", "https://schemes.example/organic")
        for options, error in (
                (("--claim", "https://schemes.example/none"), "claim.scheme"),
                ((*claim, "--share", "2"), "claim.share"),
                ((*claim, "--share", "x"), "claim.share"),
                ((*claim, "--model", "x"), "claim.model"),
                ((*claim, "--valid-at", "2026-02-30"), "claim.time"),
                ((*claim, "--known-at", "yesterday"), "claim.time"),
                ((*claim, "--known-at", "2999-01-01"), "claim.time")):
            with self.subTest(options):
                code, output, errors = self.run_on("01-organic-bed-linen 1", *options)
                self.assertEqual((code, output), (2, ""))
                self.assertIn(f"({error})", errors)

    def test_a_day_is_its_last_millisecond_in_utc(self):
        self.assertEqual(claims.instant("1970-01-01"), DAY - 1)
        self.assertEqual(claims.instant("1970-01-02T01:00:00.5+01:00"), DAY + 500)
        for text in ("1970-1-1", "1970-01-01T00:00:00", "1970-01-01T25:00:00Z", ""):
            with self.subTest(text), self.assertRaises(Refused):
                claims.instant(text)


if __name__ == "__main__":
    unittest.main()
