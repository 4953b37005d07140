import MerkleTrees

extension Submission {
    /// Checks that manifest and parts are those that a statement signs, without judging what the
    /// parts say.
    ///
    /// For a statement that a log has: what it says was judged when it was registered, and whoever
    /// sends it again is told that it stands only if this is what stands.
    ///
    /// - Throws: `manifest.*`, `part.*`, `parts.missing` or `parts.unexpected`.
    package func checkWholeness(of statement: UnverifiedStatement) throws(Refusal) {
        let manifest = try Manifest.decode(manifest)
        try statement.check(manifest: manifest)
        var sent: [Hash256] = []
        for part in parts { sent.append(try Part.decode(part).digest) }
        let named = manifest.partDigests
        guard sent != named else { return }
        let isMissing = !Set(named).isSubset(of: sent)
        throw Refusal(
            code: isMissing ? "parts.missing" : "parts.unexpected", field: "parts",
            reason: "the parts sent are not those that the manifest names, sorted by digest")
    }
}
