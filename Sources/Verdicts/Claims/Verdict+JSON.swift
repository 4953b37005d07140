package import EPCIS
import MerkleTrees
import Records

extension Verdict {
    /// The verdict for programs (SPEC §24.6): judgement, basis and how to recheck it.
    package var json: JSONValue {
        var members = [
            JSONMember("judgement", judgement),
            JSONMember("basis", Basis.json(basis, notConsulted)),
        ]
        if let alarms = ProvenAlarm.member(alarms) { members.append(alarms) }
        members.append(
            JSONMember(
                "recheck",
                .string(
                    "cairn audit FILE --genesis GENESIS --claim \(claim.scheme) with the evidence "
                        + "of this subject, scope upstream, and the same times")))
        return .object(members)
    }

    /// The half that is the same for the same facts, byte for byte.
    package var judgement: JSONValue {
        var asked = [
            JSONMember("scheme", .string(claim.scheme)),
            JSONMember("share", .string(claimedShare)),
        ]
        if let model { asked.append(JSONMember("model", .string(model.name))) }
        var members = [
            JSONMember("network", .string(network.hex)), JSONMember("subject", .string(subject)),
            JSONMember("claim", .object(asked)), JSONMember("policy", .string(policy.hex)),
            JSONMember("validAt", .number(JSONNumber(times.validAtMilliseconds))),
            JSONMember("knownAt", .number(JSONNumber(times.knownAtMilliseconds))),
            JSONMember("outcome", .string(outcome.rawValue)),
        ]
        if let share { members.append(JSONMember("share", .string(share.description))) }
        members.append(JSONMember("coverage", coverage.json))
        members.append(JSONMember("findings", .array(findings.map(told))))
        members.append(JSONMember("frontier", .array(frontier.map(\.json))))
        return .object(members)
    }

    private func told(_ finding: VerdictFinding) -> JSONValue {
        var members = [JSONMember("code", .string(finding.code))]
        if let lowersTo = finding.lowersTo {
            members.append(JSONMember("lowersTo", .string(lowersTo.rawValue)))
        }
        members.append(JSONMember("subject", .string(finding.subject)))
        if let path = paths[finding.subject] {
            members.append(JSONMember("path", .array(path.map { .string($0) })))
        }
        if let day = finding.day { members.append(JSONMember("day", .string(day))) }
        let parameters = finding.parameters.sorted { $0.key < $1.key }
            .map { JSONMember($0.key, .string($0.value)) }
        members.append(JSONMember("parameters", .object(parameters)))
        if let ask = finding.ask { members.append(JSONMember("ask", .string(ask))) }
        members.append(
            JSONMember("evidence", .array(finding.evidence.map { .string($0.hex) })))
        return .object(members)
    }
}

extension Coverage {
    fileprivate var json: JSONValue {
        .object([
            JSONMember("lots", .number(JSONNumber(lots))),
            JSONMember("traced", .number(JSONNumber(traced))),
            JSONMember("opened", .number(JSONNumber(opened))),
            JSONMember("parts", .number(JSONNumber(parts))),
        ])
    }
}

extension FrontierStep {
    fileprivate var json: JSONValue {
        .object([
            JSONMember("ask", .string(ask)), JSONMember("about", .string(about)),
            JSONMember("code", .string(code)),
        ])
    }
}
