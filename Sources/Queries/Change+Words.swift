import MerkleTrees
package import Records
import Signatures

extension Change {
    /// What the change does, and what follows from it, for whoever is to sign it: one line.
    ///
    /// - Parameter state: the governance before the change.
    /// - Returns: a sentence without control characters: names must not steer a terminal.
    package func sentence(under state: GovernanceState) -> String {
        PrintableText.of(words(ChangeNames(state: state)))
    }

    private func words(_ names: ChangeNames) -> String {
        switch self {
        case .admit(let organisation): Self.admission(organisation)
        case .describe(let organisation): names.description(organisation)
        case .suspend(let uri, let from):
            "suspends \(names.of(uri)): what it registered or registers from "
                + "\(ChangeNames.time(from)) on does not count; what it registered before stands"
        case .reinstate(let uri, let from):
            "reinstates \(names.of(uri)): what it registers from \(ChangeNames.time(from)) on "
                + "counts again"
        case .addKey(let uri, let key):
            "gives \(names.of(uri)) the \(key.purpose.rawValue) key \(key.key.thumbprint.hex): "
                + "it counts from \(ChangeNames.time(key.fromMilliseconds)) on"
        case .revokeKey(let thumbprint, let from): names.revocation(of: thumbprint, from)
        case .node(let node): names.node(node)
        case .rotateLogKey(let origin, let key, let size, let root):
            "gives the log \(origin) the key \(key.thumbprint.hex): what the old key signed of "
                + "more than \(size) entries is void; the root at \(size) is \(root.hex)"
        case .removeNode(let origin):
            "removes the node \(origin) for good: what stands in its log alone counts no more"
        case .delegate(let delegation): names.delegation(delegation)
        case .endDelegation(let id, let from): names.end(of: id, from)
        case .governors(let governors): names.governors(governors)
        case .scheme(let scheme): "sets the terms of the claim scheme \(scheme.id)"
        case .anchors(let uris): names.anchors(uris)
        case .policy(let policy): names.policy(policy)
        case .rules(let version): "sets the rules version to \(version)"
        case .erase(let part, let reason):
            "orders that the part \(part.hex) be erased, for this reason: \(reason); any member "
                + "may have any node erase it, for good, whatever duty keeps it"
        }
    }

    private static func admission(_ organisation: Organisation) -> String {
        var words = ["admits \(organisation.name) (\(organisation.uri))"]
        if !organisation.roles.isEmpty {
            words.append("as " + organisation.roles.map(\.rawValue).joined(separator: ", "))
        }
        if !organisation.prefixes.isEmpty {
            words.append(
                "it alone creates under the prefixes "
                    + organisation.prefixes.joined(separator: ", "))
        }
        if !organisation.sites.isEmpty {
            words.append("it reports at the sites " + organisation.sites.joined(separator: ", "))
        }
        for key in organisation.keys {
            words.append(
                "its \(key.purpose.rawValue) key \(key.key.thumbprint.hex) counts from "
                    + "\(ChangeNames.time(key.fromMilliseconds)) on")
        }
        return words.joined(separator: "; ")
    }
}

/// Says changes with the names that one state of governance gives.
private struct ChangeNames {
    let state: GovernanceState

    static func time(_ milliseconds: UInt64) -> String {
        milliseconds == 0
            ? "the beginning" : Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }

    /// An organisation by name and URI.
    func of(_ uri: String) -> String {
        state.organisations[uri].map { "\($0.name) (\(uri))" } ?? uri
    }

    func description(_ new: Organisation) -> String {
        guard let old = state.organisations[new.uri] else { return "describes \(new.uri)" }
        var words: [String] = []
        if old.name != new.name { words.append("its name becomes \(new.name)") }
        words += Self.differences(
            old.roles.map(\.rawValue), new.roles.map(\.rawValue), "the role", "")
        words += Self.differences(
            old.prefixes, new.prefixes, "the prefix", ": it creates nothing under it any more")
        words += Self.differences(old.sites, new.sites, "the site", "")
        let all = words.isEmpty ? "nothing changes" : words.joined(separator: "; ")
        return "describes \(of(new.uri)): \(all)"
    }

    /// What was taken and what was given, taken first.
    private static func differences(
        _ old: [String], _ new: [String], _ noun: String, _ consequence: String
    ) -> [String] {
        old.filter { !new.contains($0) }.map { "it loses \(noun) \($0)\(consequence)" }
            + new.filter { !old.contains($0) }.map { "it gains \(noun) \($0)" }
    }

    func revocation(of thumbprint: Hash256, _ from: UInt64) -> String {
        guard let known = state.key(thumbprint) else { return "revokes key \(thumbprint.hex)" }
        var words =
            "revokes the \(known.purpose.rawValue) key \(thumbprint.hex) of \(of(known.owner)): "
            + "what was registered with it from \(Self.time(from)) on falls, whenever it says it "
            + "was signed; what was registered before stands"
        if let before = known.revokedFromMilliseconds {
            words +=
                before <= from
                ? "; it is revoked from \(Self.time(before)) on already, which goes on to count"
                : "; it was revoked from \(Self.time(before)) on, which counts no more"
        }
        let others = (state.organisations[known.owner]?.keys ?? []).contains {
            $0.purpose == known.purpose && $0.key != known.key
                && state.key($0.key.thumbprint)?.revokedFromMilliseconds == nil
        }
        return others ? words : words + "; no \(known.purpose.rawValue) key is left to it"
    }

    func node(_ node: LogNode) -> String {
        var words = [
            state.nodes[node.origin] == nil
                ? "adds the node \(node.origin) of \(of(node.organisation)), log key "
                    + node.logKey.thumbprint.hex
                : "changes the node \(node.origin)"
        ]
        words.append(
            node.cosignerKey.map { "it cosigns with key \($0.thumbprint.hex)" }
                ?? "it does not cosign")
        if let key = node.tlsKey { words.append("tls key \(key.thumbprint.hex)") }
        if let address = node.address { words.append("reached at \(address)") }
        return words.joined(separator: "; ")
    }

    func delegation(_ delegation: Delegation) -> String {
        let scope = (delegation.prefixes + delegation.sites).joined(separator: ", ")
        return "lets \(of(delegation.to)) speak for \(of(delegation.by)) about \(scope) from "
            + Self.time(delegation.fromMilliseconds)
            + (delegation.untilMilliseconds.map { " until \(Self.time($0))" } ?? " on")
            + " (\(delegation.id))"
    }

    func end(of id: String, _ from: UInt64) -> String {
        guard let known = state.delegations[id] else { return "ends the delegation \(id)" }
        return "ends the delegation \(id): from \(Self.time(from)) on \(of(known.to)) speaks for "
            + "\(of(known.by)) no more; what it registered before stands"
    }

    func governors(_ new: Governors) -> String {
        let old = state.governors
        func name(_ governor: Governor) -> String {
            "\(of(governor.organisation)) with key \(governor.key.thumbprint.hex)"
        }
        var words = [
            "changes the governors: from the next amendment on \(new.threshold) of "
                + "\(new.members.count) must sign"
        ]
        words += old.members.filter { !new.members.contains($0) }.map { "\(name($0)) is out" }
        words += new.members.filter { !old.members.contains($0) }.map { "\(name($0)) is in" }
        return words.joined(separator: "; ")
    }

    func anchors(_ uris: [String]) -> String {
        uris.isEmpty
            ? "accepts nobody's accreditations"
            : "accepts the accreditations of \(uris.map(of).joined(separator: ", ")) and of nobody "
                + "else"
    }

    func policy(_ new: Policy) -> String {
        let old = state.policy
        let words = [
            ("cosignatures that make a checkpoint final", old.quorum, new.quorum),
            ("lying cosigners borne", old.toleratedLiars, new.toleratedLiars),
            (
                "seconds that issued at may lie ahead", old.furthestFutureSeconds,
                new.furthestFutureSeconds
            ),
        ].map { "\($0.0): \($0.1 == $0.2 ? "\($0.2) as before" : "\($0.2), before \($0.1)")" }
        let gone = old.duties.filter { !new.duties.contains($0) }.map {
            "the duty \($0.name) ends: what it kept may be erased"
        }
        let added = new.duties.filter { !old.duties.contains($0) }.map {
            "by the duty \($0.name) no \($0.kinds.joined(separator: ", ")) is erased within "
                + "\($0.seconds) seconds of its registration, but by governors' order"
        }
        return "sets the policy: " + (words + gone + added).joined(separator: "; ")
    }
}
