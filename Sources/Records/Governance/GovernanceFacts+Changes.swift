import MerkleTrees
import Signatures

extension GovernanceFacts {
    /// Does one change, or refuses it and leaves the facts in between: callers work on a copy.
    mutating func apply(_ change: Change, field: String) throws(Refusal) {
        switch change {
        case .admit(let organisation): try admit(organisation, field: field)
        case .describe(let organisation): try describe(organisation, field: field)
        case .suspend(let uri, let from):
            try requireMember(uri, field)
            suspensions[uri, default: SuspensionHistory()].set(
                suspended: true, fromMilliseconds: from)
        case .reinstate(let uri, let from):
            try requireMember(uri, field)
            suspensions[uri, default: SuspensionHistory()].set(
                suspended: false, fromMilliseconds: from)
        case .addKey(let uri, let key): try add(key, to: uri, field: field)
        case .revokeKey(let thumbprint, let from): try revoke(thumbprint, from, field: field)
        case .node(let node): try set(node, field: field)
        case .rotateLogKey(let origin, let key, let size, let root):
            try rotate(origin, to: key, LogRotation(size: size, root: root), field: field)
        case .removeNode(let origin):
            guard nodes.removeValue(forKey: origin) != nil else {
                throw impossible(field, "no node has this origin")
            }
            logKeys[origin] = nil
            removedOrigins.insert(origin)
        case .delegate(let delegation): try add(delegation, field: field)
        case .endDelegation(let id, let from): try endDelegation(id, from, field: field)
        case .governors(let governors): try setGovernors(governors, field: field)
        case .scheme(let scheme): schemes[scheme.id] = scheme.terms
        case .anchors(let uris): try setAnchors(uris, field: field)
        case .policy(let policy): self.policy = policy
        case .rules(let version): try setRules(version, field: field)
        case .erase(let part, _):
            guard ordered.insert(part).inserted else {
                throw impossible(field, "the erasure of this part is ordered already")
            }
        }
    }

    private func impossible(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: "governance.change", field: field, reason: reason)
    }

    // MARK: Organisations

    mutating func admit(_ organisation: Organisation, field: String) throws(Refusal) {
        let uri = organisation.uri
        guard organisations[uri] == nil else {
            throw impossible(field, "\(uri) is a member already; use describe")
        }
        for (index, key) in organisation.keys.enumerated() {
            try list(key, of: uri, field: "\(field).keys[\(index)]")
        }
        try give(organisation, field: field)
        organisations[uri] = organisation
    }

    private mutating func describe(_ organisation: Organisation, field: String) throws(Refusal) {
        let uri = organisation.uri
        guard let known = organisations[uri] else { throw stranger(uri, field) }
        guard organisation.keys.isEmpty else {
            throw impossible("\(field).keys", "describe leaves keys alone; its key list is empty")
        }
        prefixes.remove(known.prefixes, of: uri)
        for site in known.sites {
            siteOwners[site]?.removeAll { $0 == uri }
            if siteOwners[site]?.isEmpty ?? false { siteOwners[site] = nil }
        }
        try give(organisation, field: field)
        organisations[uri] = organisation.with(keys: known.keys)
    }

    /// Gives an organisation its prefixes and sites.
    private mutating func give(_ organisation: Organisation, field: String) throws(Refusal) {
        if let taken = prefixes.add(organisation.prefixes, to: organisation.uri) {
            throw Refusal(
                code: "governance.prefix-taken", field: "\(field).prefixes",
                reason: "\(taken.prefix) overlaps a prefix of \(taken.other)")
        }
        for site in organisation.sites {
            siteOwners[site, default: []].append(organisation.uri)
            siteOwners[site]?.sort(by: precedesBytewise)
        }
    }

    private func requireMember(
        _ uri: String, _ field: String, code: String = "governance.change"
    ) throws(Refusal) {
        guard organisations[uri] != nil else { throw stranger(uri, field, code: code) }
    }

    private func stranger(
        _ uri: String, _ field: String, code: String = "governance.change"
    ) -> Refusal {
        Refusal(code: code, field: field, reason: "\(uri) is no member of the network")
    }

    // MARK: Keys

    private mutating func add(_ key: OrganisationKey, to uri: String, field: String)
        throws(Refusal)
    {
        guard let known = organisations[uri] else { throw stranger(uri, field) }
        try list(key, of: uri, field: field)
        organisations[uri] = known.with(keys: known.keys + [key])
    }

    /// Lists a key of an organisation that must not have been listed before.
    private mutating func list(_ key: OrganisationKey, of uri: String, field: String)
        throws(Refusal)
    {
        let isNew = try keys.list(
            key.key, for: key.purpose, owner: uri, fromMilliseconds: key.fromMilliseconds,
            field: field)
        guard isNew else {
            throw impossible(field, "key \(key.key.thumbprint.hex) is already listed")
        }
    }

    /// Of several revocations of a key, the earliest time counts.
    private mutating func revoke(_ thumbprint: Hash256, _ from: UInt64, field: String)
        throws(Refusal)
    {
        guard let known = keys[thumbprint],
            organisations[known.owner]?.keys.contains(where: { $0.key == known.key }) ?? false
        else {
            throw impossible(field, "no organisation's list has key \(thumbprint.hex)")
        }
        let before = known.revokedFromMilliseconds ?? from
        keys.revoke(thumbprint, fromMilliseconds: min(from, before))
    }

    mutating func setGovernors(_ governors: Governors, field: String) throws(Refusal) {
        for governor in governors.members {
            try requireMember(governor.organisation, field, code: "governance.format")
            try keys.list(
                governor.key, for: .governor, owner: governor.organisation, field: field)
        }
        self.governors = governors
    }

    mutating func setAnchors(_ uris: [String], field: String) throws(Refusal) {
        for uri in uris { try requireMember(uri, field, code: "governance.format") }
        anchors = uris
    }

    // MARK: Nodes

    mutating func set(_ node: LogNode, field: String) throws(Refusal) {
        try requireMember(node.organisation, field, code: "governance.format")
        if let known = nodes[node.origin] {
            guard known.organisation == node.organisation, known.logKey == node.logKey else {
                throw impossible(
                    field, "a known node keeps its organisation and log key; see rotate-log-key")
            }
        } else {
            guard nodes.count < Limits.nodes else {
                throw impossible(field, "a network has at most \(Limits.nodes) nodes")
            }
            guard !removedOrigins.contains(node.origin) else {
                throw impossible(
                    field, "a node of this origin was removed; a new one needs another origin")
            }
            logKeys[node.origin] = LogKeyHistory(first: node.logKey)
        }
        try keys.list(node.logKey, for: .log, owner: node.organisation, field: field)
        if let key = node.cosignerKey {
            try keys.list(key, for: .cosigner, owner: node.organisation, field: field)
        }
        if let key = node.tlsKey {
            try keys.list(key, for: .tls, owner: node.organisation, field: field)
        }
        nodes[node.origin] = node
    }

    private mutating func rotate(
        _ origin: String, to key: VerificationKey, _ rotation: LogRotation, field: String
    ) throws(Refusal) {
        guard let node = nodes[origin] else { throw impossible(field, "no node has this origin") }
        guard try keys.list(key, for: .log, owner: node.organisation, field: field) else {
            throw impossible(field, "this key has signed the log before; make a new one")
        }
        let last = logKeys[origin]?.rotations.last
        guard rotation.size >= last?.size ?? 0 else {
            throw impossible(field, "the log changed its key at a larger size already")
        }
        logKeys[origin]?.rotate(to: key, rotation)
        nodes[origin] = node.with(logKey: key)
    }

    // MARK: Delegations and rules

    mutating func add(
        _ delegation: Delegation, field: String, code: String = "governance.change"
    ) throws(Refusal) {
        guard delegations[delegation.id] == nil else {
            throw impossible(field, "a delegation \(delegation.id) exists already")
        }
        try requireMember(delegation.by, field, code: code)
        try requireMember(delegation.to, field, code: code)
        delegations[delegation.id] = delegation
        delegationsTo[delegation.to, default: []].append(delegation.id)
    }

    private mutating func endDelegation(_ id: String, _ from: UInt64, field: String)
        throws(Refusal)
    {
        guard let known = delegations[id] else {
            throw impossible(field, "no delegation has the id \(id)")
        }
        delegations[id] = known.ending(atMilliseconds: from)
    }

    private mutating func setRules(_ version: UInt64, field: String) throws(Refusal) {
        guard Self.knownRulesVersions.contains(version) else {
            throw impossible(
                field, "this program does not know rules version \(version); install a newer one")
        }
        rulesVersion = version
    }
}
