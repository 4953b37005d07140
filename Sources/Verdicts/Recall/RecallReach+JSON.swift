package import EPCIS
import GS1
import MerkleTrees

extension RecallReach {
    /// The reach for programs (SPEC §26.3); times are milliseconds.
    package var json: JSONValue {
        var members = [
            JSONMember("subject", .string(subject)), JSONMember("network", .string(network.hex)),
            JSONMember("asOf", .number(JSONNumber(asOfMilliseconds))),
            JSONMember("whole", .bool(isWhole)), JSONMember("truncated", .bool(isTruncated)),
            JSONMember("notConsulted", .array(notConsulted.map { .string($0) })),
        ]
        if let alarms = ProvenAlarm.member(alarms) { members.append(alarms) }
        members.append(JSONMember("things", .array(things.map { $0.json(names) })))
        return .object(members)
    }
}

extension RecalledThing {
    fileprivate func json(_ names: [String: String]) -> JSONValue {
        var members = [
            JSONMember("uri", .string(uri)), JSONMember("kind", .string("\(kind)")),
            JSONMember("role", .string(role.rawValue)),
            JSONMember("depth", .number(JSONNumber(depth))),
            JSONMember("via", .array(via.map { .string($0) })),
        ]
        members += RecalledAmount.members(amount)
        members.append(JSONMember("recalls", .array(recalls.map(\.json))))
        members.append(JSONMember("holdings", .array(holdings.map { $0.json(names) })))
        members.append(JSONMember("withheld", Self.asked(hidden, names)))
        if !retold.isEmpty {
            members.append(JSONMember("contradicted", Self.asked(retold, names)))
        }
        return .object(members)
    }

    private static func asked(_ parts: [String: Int], _ names: [String: String]) -> JSONValue {
        .array(
            parts.sorted { $0.key < $1.key }.map { issuer, count in
                .object(
                    party("ask", issuer, names) + [JSONMember("parts", .number(JSONNumber(count)))])
            })
    }
}

/// A member that names an organisation, and its name.
private func party(_ member: String, _ uri: String, _ names: [String: String]) -> [JSONMember] {
    [JSONMember(member, .string(uri))]
        + (names[uri].map { [JSONMember("name", .string($0))] } ?? [])
}

extension RecalledAmount {
    fileprivate static func members(_ amount: RecalledAmount?) -> [JSONMember] {
        guard let amount else { return [] }
        return [JSONMember("amount", .string(amount.value.description))]
            + (amount.unit.map { [JSONMember("unit", .string($0))] } ?? [])
    }
}

extension NamedRecall {
    fileprivate var json: JSONValue {
        var members = [
            JSONMember("issuer", .string(issuer)),
            JSONMember("from", .number(JSONNumber(fromMilliseconds))),
        ]
        if let untilMilliseconds {
            members.append(JSONMember("until", .number(JSONNumber(untilMilliseconds))))
        }
        members.append(JSONMember("reason", .string(reason)))
        if isUnrelated { members.append(JSONMember("unrelated", .bool(true))) }
        members.append(JSONMember("part", .string(part.hex)))
        return .object(members)
    }
}

extension Holding {
    fileprivate func json(_ names: [String: String]) -> JSONValue {
        var members = party("organisation", organisation, names)
        members.append(JSONMember("state", .string(state.rawValue)))
        members += RecalledAmount.members(amount)
        members.append(JSONMember("since", .number(JSONNumber(sinceMilliseconds))))
        if isUnrelated { members.append(JSONMember("unrelated", .bool(true))) }
        members.append(JSONMember("parts", .array(parts.map { .string($0.hex) })))
        return .object(members)
    }
}
