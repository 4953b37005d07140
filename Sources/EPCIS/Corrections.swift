/// Which events of a list are declared in error, and which put them right (EPCIS 2.0 §7.4.1.4).
///
/// Nothing is taken away: an event, the declaration that it is wrong, and the event that corrects
/// it all stay, and are told apart here. The corrected view is what holds: all events but those
/// declared in error and the declarations themselves, which repeat an event to unsay it. A
/// corrective event may itself be declared in error; declarations cannot be unsaid.
package struct Corrections: Hashable, Sendable {
    /// What is known of one event; its number is its place in the list.
    package struct Event: Hashable, Sendable {
        /// `eventID` as written.
        package let eventID: String?
        /// Its error declaration.
        package let declaration: ErrorDeclaration?
        /// What events without ID are matched by: their event hash, which leaves the
        /// declaration out, so that a declaration and its original have the same.
        package let hash: String?

        /// Takes the three together.
        package init(eventID: String?, declaration: ErrorDeclaration?, hash: String? = nil) {
            self.eventID = eventID
            self.declaration = declaration
            self.hash = hash
        }

        /// Takes them from an event's JSON; the hash only where the event has no ID.
        package init(_ event: JSONValue) {
            let id = event["eventID"]?.asString
            self.init(
                eventID: id, declaration: ErrorDeclaration(of: event),
                hash: id == nil ? try? EventHash(event: event).value : nil)
        }
    }

    /// What an event is to the others, by their numbers, each list sorted.
    package struct Standing: Hashable, Sendable {
        /// Whether the event is itself a declaration.
        package fileprivate(set) var isDeclaration = false
        /// The events this declaration declares in error; empty if none of the list is meant.
        package fileprivate(set) var declares: [Int] = []
        /// The declarations that this event is wrong.
        package fileprivate(set) var declaredBy: [Int] = []
        /// The events that say what was right instead of this one.
        package fileprivate(set) var correctedBy: [Int] = []
        /// The events that this one puts right.
        package fileprivate(set) var corrects: [Int] = []

        /// Whether the event counts in the corrected view.
        package var holds: Bool { !isDeclaration && declaredBy.isEmpty }
    }

    /// The standing of each event, in the order of the list.
    package let standings: [Standing]
    /// Corrective IDs that no event of the list has: a correction that is announced and missing.
    package let missingCorrections: [String]

    /// The numbers of the events that hold, in order.
    package var correctedView: [Int] { standings.indices.filter { standings[$0].holds } }

    /// Tells the events of a list apart; their order does not matter.
    ///
    /// `mayDeclare(declaration, original)` says whether the first event's word counts about the
    /// second: by the standard, an event is declared in error by who captured it.
    package init(
        _ events: [Event],
        mayDeclare: (_ declaration: Int, _ original: Int) -> Bool = { _, _ in true }
    ) {
        var standings = [Standing](repeating: Standing(), count: events.count)
        let byName = Self.numbers(events) { $0.declaration == nil ? Self.name($0) : nil }
        let byID = Self.numbers(events) {
            $0.declaration == nil ? $0.eventID.map(Self.normal) : nil
        }
        var missing: Set<String> = []
        for (number, event) in events.enumerated() {
            guard let declaration = event.declaration else { continue }
            standings[number].isDeclaration = true
            let meant = Self.name(event).flatMap { byName[$0] } ?? []
            let originals = meant.filter { mayDeclare(number, $0) }
            standings[number].declares = originals
            let correctives = declaration.correctiveEventIDs.flatMap { id -> [Int] in
                guard let found = byID[Self.normal(id)] else {
                    missing.insert(id)
                    return []
                }
                return found.filter { mayDeclare(number, $0) }
            }
            for original in originals {
                standings[original].declaredBy.append(number)
                for corrective in correctives where corrective != original {
                    standings[original].correctedBy.append(corrective)
                    standings[corrective].corrects.append(original)
                }
            }
        }
        self.standings = standings.map(\.sorted)
        missingCorrections = missing.sorted()
    }

    private static func numbers(
        _ events: [Event], _ key: (Event) -> String?
    ) -> [String: [Int]] {
        var numbers: [String: [Int]] = [:]
        for (number, event) in events.enumerated() {
            guard let key = key(event) else { continue }
            numbers[key, default: []].append(number)
        }
        return numbers
    }

    /// What a declaration and its original have in common: the ID, or the hash of both.
    private static func name(_ event: Event) -> String? {
        event.eventID.map { "id " + normal($0) } ?? event.hash.map { "hash " + $0 }
    }

    /// An ID as it is compared: UUIDs without regard to case (RFC 9562 §4), the rest as it is.
    package static func normal(_ id: String) -> String {
        let lower = id.utf8.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
        return lower.starts(with: "urn:uuid:".utf8) ? String(decoding: lower, as: UTF8.self) : id
    }
}

extension Corrections.Standing {
    /// Each list sorted, each number once.
    fileprivate var sorted: Self {
        var copy = self
        copy.declaredBy = Set(declaredBy).sorted()
        copy.correctedBy = Set(correctedBy).sorted()
        copy.corrects = Set(corrects).sorted()
        return copy
    }
}
