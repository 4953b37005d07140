import ArgumentParser
import Client
import EPCIS
import Foundation
import Queries

struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "Shows how far a node mirrors its peers, and alarms.",
        discussion: """
            For each other node of the network: whether it is connected, how many entries of its \
            log are recomputed and kept here, how far that is behind what it told, and who has \
            cosigned. An alarm is proof that a log or the governors broke a promise: fetch it and \
            recheck it with cairn audit.

            Example:
              cairn peers --node http://127.0.0.1:8080
              curl -o fork.alarm http://127.0.0.1:8080/alarms/DIGEST
              cairn audit fork.alarm --genesis genesis/demo/demo.genesis

            Exit codes: 0 all is well; 1 there is an alarm, the node may not sign, it has a key \
            that governance does not list, or fewer nodes than a quorum are connected; 3 it cannot \
            be reached.
            """)

    @OptionGroup var node: NodeOptions
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let bytes = try await node.call { client in
            try await client.get("/peers", accept: "application/json")
        }
        let report = try JSONValue.parse(bytes)
        switch format {
        case .json: Console.output(bytes + [0x0A])
        case .table: Console.output(Self.table(report))
        }
        let alarms = report["alarms"]?.asArray ?? []
        let peers = report["peers"]?.asArray ?? []
        let up = peers.count { $0["connected"]?.asBool == true } + 1
        let quorum = Int(report["quorum"]?.asNumber?.text ?? "") ?? 0
        guard alarms.isEmpty, report["keys"] == nil, report["status"]?.asString == "ok",
            up >= quorum
        else {
            Foundation.exit(CommandExit.otherAnswer.rawValue)
        }
    }

    private static func table(_ report: JSONValue) -> String {
        func number(_ value: JSONValue?) -> String { value?.asNumber?.text ?? "-" }
        var lines = [
            "log     \(report["origin"]?.asString ?? ""): \(number(report["size"])) entries, "
                + "\(number(report["cosignedSize"])) with a quorum of \(number(report["quorum"]))",
            "status  \(report["status"]?.asString ?? "")",
        ]
        for key in report["keys"]?.asArray ?? [] {
            lines.append("key     \(key["reason"]?.asString ?? "")")
        }
        for peer in report["peers"]?.asArray ?? [] {
            let cosigners = peer["cosigners"]?.asArray?.count ?? 0
            var line =
                "peer    \(peer["origin"]?.asString ?? ""): "
                + (peer["connected"]?.asBool == true ? "connected" : "not connected")
                + ", \(number(peer["size"])) entries, \(number(peer["lag"])) behind"
            if let seconds = peer["lagSeconds"] { line += " for \(number(seconds)) s" }
            line += ", cosigned by \(cosigners)"
            if let stopped = peer["stopped"]?.asString { line += "; stopped: \(stopped)" }
            lines.append(line)
            if let end = peer["ended"] {
                lines.append(
                    "        broken off \(number(end["times"])) times, last "
                        + "\(number(end["secondsAgo"])) s ago by "
                        + "\(end["code"]?.asString ?? ""): \(end["reason"]?.asString ?? "")")
            }
        }
        for alarm in report["alarms"]?.asArray ?? [] {
            lines.append(
                "alarm   \(alarm["kind"]?.asString ?? "") "
                    + "\(alarm["origin"]?.asString ?? "governance"), "
                    + "\(alarm["digest"]?.asString ?? "")")
        }
        return lines.map { PrintableText.of($0) + "\n" }.joined()
    }
}
