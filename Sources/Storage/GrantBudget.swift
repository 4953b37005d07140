/// What may still be done to tell what grants open to one reader (SPEC §19); past it they open
/// nothing more.
///
/// It belongs to one thread, and several reads may share it.
final class GrantBudget {
    /// Parts that are asked about, their keys that grants are looked for under, grants found there,
    /// and links in chains on the way upstream.
    private(set) var looks: Int
    /// Bytes of the grants, and of the parts and manifests decoded for them.
    private(set) var bytes: Int

    /// A budget; without limits it counts only.
    init(looks: Int = .max, bytes: Int = .max) {
        self.looks = looks
        self.bytes = bytes
    }

    /// Whether nothing more may be done.
    var isSpent: Bool { looks <= 0 || bytes <= 0 }

    /// Takes what was done off.
    func take(looks: Int = 0, bytes: Int = 0) {
        self.looks -= looks
        self.bytes -= bytes
    }
}
