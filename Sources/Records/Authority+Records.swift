import GS1
import MerkleTrees

extension Refusal {
    /// The URI of a record is another's: rule `id.own`.
    package static func taken(_ id: String, by owner: String) -> Refusal {
        Refusal(
            code: "authority.id-own", field: "record.id",
            reason: "\(id) is a record of \(owner); give this one a URI of its own (rule id.own)")
    }
}

extension Authority {
    func judge(_ record: Record, by speaker: Speaker) throws(Refusal) -> Judgement {
        if let id = record.id { try checkID(id, by: speaker) }
        switch record.kind {
        case .masterData: return try assert(record.about, by: speaker)
        case .recall, .dispute, .resolution, .allocation:
            return weigh(record.about, by: speaker)
        case .certificate: return certify(by: speaker, as: .certifier)
        case .accreditation: return certify(by: speaker, as: .accreditor)
        case .transcribedCertificate:
            return Judgement(
                standing: .reported, rule: "assert.certify",
                reason: "\(speaker.issuer) copied it; its certifier did not sign it")
        case .periodBalance:
            let certified = certify(by: speaker, as: .certifier)
            return certified == .own ? .own : weigh([record.site].compactMap(\.self), by: speaker)
        case .delegation:
            try checkGiver(record.about, speaker)
            try checkScope(record.scope, by: speaker)
        case .erasure:
            try checkErasure(record.target, by: speaker)
        case .revocation, .suspension:
            try checkStatus(record.target, by: speaker)
        case .grant: break
        }
        return .own
    }

    /// The rule `id.own`: whoever registered a record under a URI first owns the URI.
    private func checkID(_ id: String, by speaker: Speaker) throws(Refusal) {
        guard case .organisation(let owner) = facts.firstIssuer(ofRecord: id),
            owner != speaker.issuer
        else { return }
        throw .taken(id, by: owner)
    }

    /// Whether the speaker has the role that a kind of record asks for.
    private func certify(by speaker: Speaker, as role: OrganisationRole) -> Judgement {
        if speaker.organisation?.roles.contains(role) ?? false { return .own }
        return Judgement(
            standing: .reported, rule: "assert.certify",
            reason: "\(speaker.issuer) is no \(role.rawValue) of this network")
    }

    private func checkErasure(_ target: RecordTarget?, by speaker: Speaker) throws(Refusal) {
        guard case .part(let digest) = target else { return }
        switch facts.firstIssuer(ofPart: digest) {
        case .undisclosed: break
        case .organisation(speaker.issuer): break
        case .organisation where governance.orders(erasureOf: digest): break
        case .organisation, .nobody:
            throw Refusal(
                code: "authority.erase-own", field: "record.target",
                reason: "only whoever signed a part first may have it erased, unless governors "
                    + "order it (rule erase.own)")
        }
        guard facts.mustStayVisible(digest) else { return }
        throw Refusal(
            code: "authority.erase-own", field: "record.target",
            reason: "others' answers rest on this part; a delegation is revoked, not erased "
                + "(rule erase.own)")
    }

    private func checkStatus(_ target: RecordTarget?, by speaker: Speaker) throws(Refusal) {
        guard case .record(let id) = target else { return }
        switch facts.firstIssuer(ofRecord: id) {
        case .undisclosed: return
        case .nobody:
            throw Refusal(
                code: "authority.status-own", field: "record.target",
                reason: "no record \(id) is registered in this log; revoke it where it is, or "
                    + "check the URI (rule status.own)")
        case .organisation(let owner):
            guard owner != speaker.issuer else { return }
            throw Refusal(
                code: "authority.status-own", field: "record.target",
                reason: "\(id) was issued by \(owner); only it can revoke it (rule status.own)")
        }
    }

    // MARK: What a record is about

    /// Of things that are others', the record is a report.
    private func weigh(_ about: [String], by speaker: Speaker) -> Judgement {
        var judgement = Judgement.own
        for uri in about {
            judgement.lower(to: standing(of: speaker, on: uri))
        }
        return judgement
    }

    /// Of things that are another member's, the record is refused.
    private func assert(_ about: [String], by speaker: Speaker) throws(Refusal) -> Judgement {
        var judgement = Judgement.own
        for uri in about {
            let standing = standing(of: speaker, on: uri)
            if standing.standing == .reported, let owner = owner(of: uri) {
                throw Refusal(
                    code: "authority.assert-own", field: uri,
                    reason: "is \(owner.uri)'s; it must say this itself or delegate it "
                        + "(rule assert.own)")
            }
            judgement.lower(to: standing)
        }
        return judgement
    }

    private func standing(of speaker: Speaker, on uri: String) -> Judgement {
        guard uri != speaker.issuer, let subject = try? CanonicalIdentifier(uri) else {
            return .own
        }
        if speaker.owns(site: subject) { return .own }
        if let delegation = leave(of: speaker, for: subject) {
            return Judgement(standing: .delegated, rule: "assert.own", reason: delegation.id)
        }
        return Judgement(
            standing: .reported, rule: "assert.own",
            reason: owner(of: uri).map { "\(uri) is \($0.uri)'s" } ?? "no member owns \(uri)")
    }

    private func owner(of uri: String) -> Organisation? {
        let digits = (try? CanonicalIdentifier(uri))?.ownershipDigits
        return governance.owner(ofSite: uri) ?? governance.organisations[uri]
            ?? digits.flatMap { governance.owner(ofPrefixCovering: $0) }
    }

    /// Who asks about what an organisation has in hand finds in its own chain whom it let speak.
    private func checkGiver(_ about: [String], _ speaker: Speaker) throws(Refusal) {
        guard !about.contains(speaker.issuer) else { return }
        throw Refusal(
            code: "authority.assert-own", field: "record.about",
            reason: "a delegation names who gives it: add \(speaker.issuer) (rule assert.body)")
    }

    private func checkScope(_ scope: [ScopeItem], by speaker: Speaker) throws(Refusal) {
        for (index, item) in scope.enumerated() {
            let own: Bool
            switch item.name {
            case "prefix": own = mayGive(prefix: item.value, speaker.issuer)
            case "site": own = (try? CanonicalIdentifier(item.value)).map(speaker.owns) ?? false
            default: own = true
            }
            guard own else {
                throw Refusal(
                    code: "authority.assert-own", field: "record.scope[\(index)]",
                    reason: "\(item.name) \(item.value) is not \(speaker.issuer)'s to delegate "
                        + "(rule assert.body)")
            }
        }
    }
}
