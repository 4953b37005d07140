package import EPCIS
import MerkleTrees

extension Answer {
    /// The answer for programs (SPEC §16); the same members as any other verifier prints.
    package var json: JSONValue {
        var members = [
            JSONMember("subject", .string(uri)),
            JSONMember("outcome", .string(outcome.rawValue)),
            JSONMember("findings", .array(findings.map(\.json))),
            JSONMember("basis", Basis.json(basis, notConsulted)),
            JSONMember("events", .number(JSONNumber(events))),
            JSONMember("opened", .number(JSONNumber(opened))),
            JSONMember("stubs", .number(JSONNumber(stubs))),
        ]
        if let alarms = ProvenAlarm.member(alarms) { members.append(alarms) }
        return .object(members)
    }
}

extension Finding {
    fileprivate var json: JSONValue {
        .object([
            JSONMember("code", .string(code.rawValue)), JSONMember("origin", .string(origin)),
            JSONMember("leaf", .number(JSONNumber(leafIndex))),
            JSONMember("part", .string(part.hex)), JSONMember("detail", .string(detail)),
            JSONMember("lowers", .bool(lowers)),
        ])
    }
}

extension Basis {
    /// Logs consulted and not, by origin.
    static func json(_ basis: [Basis], _ notConsulted: [String]) -> JSONValue {
        let consulted = basis.map { ($0.origin, $0.json) }
        let others = notConsulted.map { origin in
            let members = [
                JSONMember("origin", .string(origin)), JSONMember("notConsulted", .bool(true)),
            ]
            return (origin, JSONValue.object(members))
        }
        return .array(
            (consulted + others)
                .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map(\.1))
    }

    private var json: JSONValue {
        .object([
            JSONMember("origin", .string(origin)), JSONMember("size", .number(JSONNumber(size))),
            JSONMember("root", .string(root.hex)),
            JSONMember("sealedAt", .number(JSONNumber(sealedAtMilliseconds))),
            JSONMember("governanceSeq", .number(JSONNumber(governanceSequence))),
            JSONMember("cosignatures", .number(JSONNumber(cosignatures))),
            JSONMember("unwitnessed", .bool(isUnwitnessed)),
        ])
    }
}

extension EvidenceRejection {
    /// The rejection for programs.
    package var json: JSONValue {
        .object([
            JSONMember(
                "rejected",
                .object([
                    JSONMember("step", .string(step.rawValue)),
                    JSONMember("reason", .string(reason)),
                ]))
        ])
    }
}
