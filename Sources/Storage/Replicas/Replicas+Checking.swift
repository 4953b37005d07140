import Foundation
import MerkleTrees
package import Records

extension Replicas {
    /// Recomputes every mirror of a node's directory, and verifies its alarms.
    ///
    /// The node may be running: one snapshot of each is checked.
    ///
    /// - Parameters:
    ///   - directory: the node's.
    ///   - genesis: the governance of the genesis file.
    /// - Returns: what does not hold, with the log it is of, and what the mirrors are.
    package static func check(
        node directory: String, genesis: GovernanceState
    ) -> (findings: [CheckFinding], mirrors: [LedgerReport.Mirror]) {
        var findings: [CheckFinding] = []
        var mirrors: [LedgerReport.Mirror] = []
        do throws(StorageError) {
            for path in try mirrorDirectories(node: directory) {
                let (found, mirror) = check(mirror: path, node: directory, genesis: genesis)
                findings += found
                if let mirror { mirrors.append(mirror) }
            }
            for alarm in try KeptAlarms(node: directory).all() {
                do throws(Refusal) { _ = try alarm.accused(under: genesis) } catch {
                    findings.append(
                        CheckFinding(
                            table: KeptAlarms.directoryName, key: alarm.digest.hex,
                            reason: "it proves nothing: \(error.reason)"))
                }
            }
        } catch {
            findings.append(
                CheckFinding(
                    table: "database", key: error.place, reason: "\(error.code): \(error.reason)"))
        }
        return (findings, mirrors)
    }

    private static func check(
        mirror path: String, node directory: String, genesis: GovernanceState
    ) -> ([CheckFinding], LedgerReport.Mirror?) {
        func finding(_ key: String, _ reason: String, of origin: String) -> CheckFinding {
            CheckFinding(mirror: origin, table: "database", key: key, reason: reason)
        }
        let name = "\(directoryName)/\(URL(filePath: path).lastPathComponent)"
        do {
            let ledger = try Ledger.inspect(directory: path, kind: .mirror)
            defer { try? ledger.close() }
            let origin = ledger.identity.origin
            let report = try ledger.read { LedgerCheck.report(on: $0, genesis: genesis) }
            var findings = report.findings
            for index in findings.indices { findings[index].mirror = origin }
            if self.directory(ofMirror: origin, node: directory) != path {
                findings.append(finding(name, "it is not where this log's mirror is", of: origin))
            }
            let mirror = LedgerReport.Mirror(
                origin: origin, size: report.size, root: report.root)
            return (findings, mirror)
        } catch let error as StorageError {
            return ([finding(error.place, "\(error.code): \(error.reason)", of: name)], nil)
        } catch {
            return ([finding(name, "\(error)", of: name)], nil)
        }
    }
}
