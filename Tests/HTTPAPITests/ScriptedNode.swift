import EPCIS
import Foundation
import HTTPAPI
import Lineage
import Logging
import MerkleTrees
import Queries
import Records
import Synchronization
import Verdicts

/// A node that answers by rule, so that the HTTP layer is tested alone.
///
/// A submission's content decides its fate: first byte 0x40 (an empty byte string) is registered,
/// others as `refusals` says. The id is the hash of the bytes.
final class ScriptedNode: NodeService {
    struct State {
        var submissions: [[UInt8]] = []
        var inHand = 0
        var mostInHand = 0
        var questions: [String] = []
        /// Whether searches for `hard` find an end.
        var endsSearches = false
    }

    let state = Mutex(State())
    /// What WebSockets are told; nothing, unless it is set.
    let feed = Mutex<ScriptedFeed?>(nil)
    let delay: Duration
    let refuseAll: Refusal?
    let evidenceBytes: Int

    init(delay: Duration = .zero, refuseAll: Refusal? = nil, evidenceBytes: Int = 3) {
        self.delay = delay
        self.refuseAll = refuseAll
        self.evidenceBytes = evidenceBytes
    }

    func submit(_ submission: [UInt8], patiently: Bool) async throws(Refusal) -> Registration {
        let index = state.withLock { state in
            state.submissions.append(submission)
            state.inHand += 1
            state.mostInHand = max(state.mostInHand, state.inHand)
            return UInt64(state.submissions.count - 1)
        }
        defer { state.withLock { $0.inHand -= 1 } }
        if delay > .zero { try? await Task.sleep(for: delay) }
        if let refuseAll { throw refuseAll }
        if submission.first == 0x60 {
            throw Refusal(code: "rows.missing", field: "manifest", reason: "as scripted")
        }
        return Registration(id: Hash256.sha256(submission), leafIndex: index, isNew: true)
    }

    func receipt(
        of id: Hash256, at leafIndex: UInt64?, form: ReceiptForm, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        guard id != .zero else {
            throw Refusal(code: "entry.unknown", field: "id", reason: "no such entry")
        }
        return Array((form == .cose ? "cose" : "proof").utf8)
    }

    var isWitness: Bool { true }

    func addCheckpoint(_ request: [UInt8]) async throws(Refusal) -> WitnessAnswer {
        .cosigned(Array("— witness AAAA\n".utf8))
    }

    func witnessed(_ originHash: Hash256) async throws(Refusal) -> [UInt8] {
        ask("witnessed \(originHash.hex)")
    }

    func keySet() async throws(Refusal) -> [UInt8] { [0x80] }

    func key(thumbprint: Hash256) async throws(Refusal) -> [UInt8] { thumbprint.bytes }

    func checkpoint() async throws(Refusal) -> [UInt8] { Array("note\n".utf8) }

    func tile(path: String, for reader: Reader) async throws(Refusal) -> [UInt8] {
        ask("tile \(path)")
    }

    func manifest(
        at leafIndex: UInt64, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        ask("manifest \(leafIndex)")
    }

    func part(_ digest: Hash256, for reader: Reader) async throws(Refusal) -> [UInt8] {
        guard case .member(let organisation) = reader else { return [] }
        return ask("part for \(organisation)")
    }

    func consistencyProof(from old: UInt64, to new: UInt64) async throws(Refusal) -> [Hash256] {
        [.zero]
    }

    func evidence(
        about subject: String, upstream: Bool, for reader: Reader, onlyFor other: String?
    ) async throws(Refusal) -> [UInt8] {
        _ = ask("evidence \(subject) \(upstream)")
        return [UInt8](repeating: 7, count: evidenceBytes)
    }

    func trace(_ request: TraceRequest, for reader: Reader) async throws(Refusal) -> [UInt8] {
        while request.subject.contains("hard"), !state.withLock({ $0.endsSearches }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
        return ask(
            "trace \(request.subject) \(request.direction) \(request.limit ?? 0) \(request.form)")
    }

    func organisations(for reader: Reader) async throws(Refusal) -> [UInt8] { Array("{}".utf8) }
    func peers() async throws(Refusal) -> [UInt8] { Array("{}".utf8) }
    func alarm(_ digest: Hash256) async throws(Refusal) -> [UInt8] { [1] }

    func verdict(
        about subject: String, _ request: ClaimRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        ask("verdict on \(request.claim.scheme) of \(subject)")
    }

    func claims(about subject: String, for reader: Reader) async throws(Refusal) -> [UInt8] {
        ask("claims about \(subject)")
    }

    func health() async -> NodeHealth {
        NodeHealth(isReady: false, status: "stopping", origin: "log.example", size: 9)
    }

    private func ask(_ question: String) -> [UInt8] {
        state.withLock { $0.questions.append(question) }
        return Array(question.utf8)
    }
}

extension ScriptedNode: EPCISService {
    func events(
        _ question: EventsQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        while question.query.contains("hard"), !state.withLock({ $0.endsSearches }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
        let resource = question.resource.map { " \($0.collection)=\($0.value)" } ?? ""
        let page = ask("events \(question.query)\(resource) \(question.preferences.format)")
        return EPCISPage(page, nextPageToken: question.query.contains("perPage") ? "abc" : nil)
    }

    func event(
        id: String, _ preferences: EPCISPreferences, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        guard id != "urn:uuid:none" else {
            throw Refusal(code: "event.unknown", field: "eventID", reason: "as scripted")
        }
        return ask("event \(id)")
    }

    func values(
        _ question: ValuesQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        EPCISPage(ask("values \(question)"))
    }

    func requireValue(_ resource: EPCISResource, for reader: Reader) async throws(Refusal) {}
}

extension ScriptedNode: CaptureService {
    func requireCapture(for reader: Reader) throws(Refusal) {
        if let refuseAll { throw refuseAll }
    }

    func capture(_ request: CaptureRequest) async throws(Refusal) -> String {
        _ = ask(
            "capture \(request.document.count) \(request.form) \(request.behaviour) "
                + String(decoding: request.extensions?.serialized() ?? [], as: UTF8.self))
        return "0a"
    }

    func captureEvent(_ request: CaptureRequest) async throws(Refusal) -> CapturedEvent {
        CapturedEvent(
            event: request.document, eventID: request.document == [] ? nil : "urn:x:é/1",
            digest: .zero)
    }

    func captureJob(id: String, for reader: Reader) async throws(Refusal) -> [UInt8] {
        guard id == "0a" else {
            throw Refusal(code: "capture.unknown", field: "captureID", reason: "as scripted")
        }
        return ask("job \(id)")
    }

    func captureJobs(
        perPage: Int, token: String?, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        EPCISPage(ask("jobs \(perPage) \(token ?? "-")"), nextPageToken: token == nil ? "7" : nil)
    }
}

extension ScriptedNode {
    func namedQueries(
        _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        EPCISPage(ask("queries of \(organisation)"), nextPageToken: page.perPage.map { "\($0)" })
    }

    func addQuery(
        _ body: [UInt8], _ preferences: EPCISPreferences, of organisation: String
    ) async throws(Refusal) -> String {
        _ = ask("add query \(String(decoding: body, as: UTF8.self)) of \(organisation)")
        return "q"
    }

    func namedQuery(_ name: String, of organisation: String) async throws(Refusal) -> [UInt8] {
        guard name != "none" else {
            throw Refusal(code: "query.unknown", field: "name", reason: "as scripted")
        }
        return ask("query \(name) of \(organisation)")
    }

    func removeQuery(_ name: String, of organisation: String) async throws(Refusal) {
        _ = ask("remove query \(name)")
    }

    func events(
        ofQuery name: String, _ question: EventsQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        EPCISPage(ask("events of \(name) \(question.query)"))
    }

    func follow(
        _ name: String, _ controls: SubscriptionControls, of organisation: String
    ) async throws(Refusal) -> any EventFeed {
        guard name != "none" else {
            throw Refusal(code: "query.unknown", field: "name", reason: "as scripted")
        }
        if delay > .zero { try? await Task.sleep(for: delay) }
        let told = String(decoding: controls.json.serialized(), as: UTF8.self)
        _ = ask("follow \(name) of \(organisation): \(told)")
        return feed.withLock { $0 } ?? .counting(0)
    }

    func subscriptions(
        ofQuery name: String, _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        EPCISPage(ask("subscriptions of \(name)"))
    }

    func subscribe(
        _ body: [UInt8], toQuery name: String, _ preferences: EPCISPreferences,
        of organisation: String
    ) async throws(Refusal) -> MadeSubscription {
        MadeSubscription(id: "s", body: ask("subscribe to \(name)"))
    }

    func subscription(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8] {
        ask("subscription \(place.id) of \(place.query)")
    }

    func unsubscribe(_ place: SubscriptionPlace) async throws(Refusal) {
        _ = ask("unsubscribe \(place.id)")
    }

    func deadLetters(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8] {
        ask("dead letters of \(place.id)")
    }

    func redeliver(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal) {
        _ = ask("redeliver \(number) of \(place.id)")
    }

    func dismiss(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal) {
        _ = ask("dismiss \(number) of \(place.id)")
    }
}

extension Caller {
    /// The organisation of the node under test.
    static let us = Caller(role: .nodeOperator, reader: .member(organisation: "urn:test:us"))
}

/// Runs a test against a listener over a scripted node, and stops it afterwards.
func withListener<Value>(
    _ node: ScriptedNode = ScriptedNode(), limits: HTTPLimits = HTTPLimits(),
    callers: CallerPolicy = .loopback(as: .us), tls: ServerTLS? = nil,
    _ body: (Int) async throws -> Value
) async throws -> Value {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let listener = try await HTTPListener.start(
        service: node, epcis: node, capturing: node, address: .ephemeral, callers: callers,
        tls: tls, limits: limits, logger: logger)
    do {
        let value = try await body(listener.address.port)
        await listener.stop(drainSeconds: 1)
        return value
    } catch {
        await listener.stop(drainSeconds: 1)
        throw error
    }
}
