package import Records

/// What a caller may do; each role may do all that those before it may (SPEC §17.1).
package enum AccessRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Anybody: what is open to all.
    case open = "public"
    /// An organisation of the network: reads what its members may see, and what lists it.
    case reader
    /// Also hands in statements.
    case submitter
    /// The organisation that runs the node: also its operations.
    case nodeOperator = "operator"

    /// Whether one role may do less than another.
    package static func < (left: AccessRole, right: AccessRole) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Who makes a request.
package struct Caller: Hashable, Sendable {
    /// What it may do.
    package var role: AccessRole
    /// What it may see.
    package var reader: Reader

    /// A caller.
    package init(role: AccessRole, reader: Reader) {
        self.role = role
        self.reader = reader
    }

    /// Somebody who shows no credential.
    package static let stranger = Caller(role: .open, reader: .anonymous)
}

/// Tells callers by what they show: the port behind the `Authorization` field.
package protocol AccessControl: Sendable {
    /// Who bears a credential, for a request with this method and path, as sent, without query.
    ///
    /// `age` is how long ago it was shown: zero for a request, more for a connection that stands
    /// since. A credential that is made for minutes is good for what it opened in them; whether
    /// it was revoked, and whose it is, is judged as of now.
    ///
    /// - Throws: `access.token`, `access.expired`, `access.organisation`. Neither the reason nor
    ///   anything logged holds the credential.
    func caller(
        bearing credential: String, method: String, path: String, age: Duration
    ) async throws(Refusal) -> Caller
}

/// Whom an interface takes its callers for.
package struct CallerPolicy: Sendable {
    /// Who calls without a credential.
    package var bare: Caller
    /// Tells who bears a credential; nil if none counts here.
    package var access: (any AccessControl)?
    /// Whether requests must name this machine's loopback interface as host: where a caller
    /// without credential is more than a stranger, a web page must not be able to be one.
    package var requiresLoopbackHost: Bool

    /// Callers of this machine only, taken for somebody.
    package static func loopback(
        as bare: Caller, access: (any AccessControl)? = nil
    ) -> CallerPolicy {
        CallerPolicy(bare: bare, access: access, requiresLoopbackHost: true)
    }

    /// Callers from anywhere: strangers, unless a credential says more.
    package static func anywhere(access: any AccessControl) -> CallerPolicy {
        CallerPolicy(bare: .stranger, access: access, requiresLoopbackHost: false)
    }
}
