/// One event that lenient reading gives.
package struct ReadEvent: Hashable, Sendable {
    /// The event's place in the document, from 0.
    package let index: Int
    /// The event in the view: self-contained compact JSON as of `EPCISDocument.split`.
    ///
    /// Without repairs, exactly what `split` gives; with them, it is valid, and not what the
    /// document says: who signs it signs the repair.
    package let bytes: [UInt8]
    /// What was repaired.
    package let repairs: [Repair]
}

/// One event that no repair of the list makes valid.
package struct QuarantinedEvent: Hashable, Sendable {
    /// The event's place in the document, from 0.
    package let index: Int
    /// What is wrong with it after all repairs; never empty.
    package let breaches: [Breach]
}

/// Reads what partners send: valid events as they are, others repaired or set apart (SPEC §8.5).
///
/// The document itself is never changed: repairs concern this view of it. Nothing in it can stop
/// the reading of other events, and all work and memory is bounded by `JSONLimits` and the limits
/// here.
package struct LenientReading: Sendable {
    /// What the caller decides.
    package struct Options: Hashable, Sendable {
        /// The zone of events that name none, `+01:00`; without it they are quarantined.
        package var defaultZoneOffset: String?
        /// Limits of the JSON text.
        package var limits = JSONLimits()

        /// No default zone, the usual limits.
        package init(defaultZoneOffset: String? = nil) {
            self.defaultZoneOffset = defaultZoneOffset
        }
    }

    /// Repairs of one document; events that need more are quarantined.
    package static let repairLimit = 10_000
    /// Breaches told of one document; of events beyond, only the first is.
    package static let breachLimit = 10_000

    /// Events of one document; no document of more is within the limits of JSON and valid.
    package static let eventLimit = 150_000

    /// What kind of input it is; nothing for a text that is none.
    package private(set) var form: DocumentForm?
    /// The events of the view, in order.
    package private(set) var events: [ReadEvent] = []
    /// The events set apart, in order.
    package private(set) var quarantined: [QuarantinedEvent] = []
    /// Repairs of the document as a whole.
    package private(set) var repairs: [Repair] = []
    /// Breaches of what stands around the events, which reading passed over; where `form` is
    /// nothing, why nothing could be read.
    package private(set) var breaches: [Breach] = []
    /// How many events there are.
    package private(set) var eventCount = 0

    private let options: Options
    private var repairsLeft = Self.repairLimit
    private var breachesLeft = Self.breachLimit
    private var bytesLeft = EPCISLimits.documentByteCount
    private var described: [EventDescription] = []

    /// Reads a document, a query document, an array of events or a bare event.
    package init(_ bytes: [UInt8], options: Options = Options()) {
        self.options = options
        do throws(EPCISError) {
            let text = try decoded(bytes)
            try read(text)
        } catch {
            var collector = BreachCollector(base: [], limit: 1)
            collector.add(error)
            breaches += collector.breaches
        }
    }

    /// The report of this reading.
    package var report: DocumentReport {
        DocumentReport(
            isStrict: false, form: form, repairs: repairs, breaches: breaches,
            events: described.enumerated().map { index, description in
                EventReport(
                    index: index, description: description,
                    repairs: events.first(at: index)?.repairs ?? [],
                    breaches: quarantined.first(at: index)?.breaches ?? [])
            })
    }
}

extension LenientReading {
    /// UTF-8 without byte order mark.
    private mutating func decoded(_ bytes: [UInt8]) throws(EPCISError) -> [UInt8] {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            note(.byteOrderMark)
            return Array(bytes.dropFirst(3))
        }
        let isBig = bytes.starts(with: [0xFE, 0xFF])
        guard isBig || bytes.starts(with: [0xFF, 0xFE]) else { return bytes }
        guard bytes.count.isMultiple(of: 2), bytes.count / 2 <= options.limits.byteCount else {
            throw EPCISError("json.too-large", "this text in UTF-16 is too long or ends midway")
        }
        let units = stride(from: 2, to: bytes.count, by: 2).map { index -> UInt16 in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBig ? first << 8 | second : second << 8 | first
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw EPCISError("json.invalid-utf8", "this text in UTF-16 has a lone surrogate")
        }
        note(.encoding)
        return Array(text.utf8)
    }

    private mutating func note(_ kind: Repair.Kind) {
        repairs.append(Repair(kind: kind, pointer: "", field: "", before: nil, after: nil))
    }

    private mutating func read(_ text: [UInt8]) throws(EPCISError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(text, limits: options.limits)
        } catch {
            throw EPCISError(error)
        }
        let outline = try DocumentOutline(value, isLenient: true)
        form = outline.form
        eventCount = outline.events.count
        if outline.isSingle, let steps = outline.listSteps {
            let place = DocumentPlace(base: [], steps: steps)
            repairs.append(
                Repair(
                    kind: .listWrapped, pointer: place.pointer, field: place.field, before: nil,
                    after: nil))
        }
        breaches = outline.frameBreaches(value)
        let context = DocumentContext(context(of: outline))
        for (index, event) in outline.events.enumerated() {
            described.append(EventDescription(event))
            read(event, index, outline.base(index), context)
        }
    }

    /// The document's context, repaired; GS1's where a document has none.
    private mutating func context(of outline: DocumentOutline) -> JSONValue? {
        guard outline.form == .document || outline.form == .queryDocument else { return nil }
        var repairer = EventRepairer(base: [], defaultZone: nil)
        guard let context = outline.context.map({ repairer.repaired(context: $0) }) else {
            let added = JSONValue.string(EventRepairer.standardContext)
            repairs.append(
                Repair(
                    kind: .contextAdded, pointer: "/@context", field: "@context", before: nil,
                    after: added))
            return added
        }
        repairs += repairer.repairs
        return context
    }

    /// Reads one event into the view or sets it apart.
    private mutating func read(
        _ event: JSONValue, _ index: Int, _ base: [JSONPath.Step], _ context: DocumentContext
    ) {
        if let part = EventBreaches(event, context: context, base: base).part {
            keep(part, index, base, [])
            return
        }
        var repairer = EventRepairer(base: base, defaultZone: options.defaultZoneOffset)
        let repaired = repairer.repaired(event, hasDocumentContext: context.value != nil)
        let remaining = EventBreaches(repaired, context: context, base: base)
        guard let part = remaining.part else {
            quarantine(index, remaining.breaches)
            return
        }
        guard repairer.repairs.count <= repairsLeft else {
            let error = EPCISError(
                "repair.too-many", "the document needs more than \(Self.repairLimit) repairs")
            quarantine(index, base, error)
            return
        }
        repairsLeft -= repairer.repairs.count
        keep(part, index, base, repairer.repairs)
    }

    private mutating func keep(
        _ part: [UInt8], _ index: Int, _ base: [JSONPath.Step], _ repairs: [Repair]
    ) {
        guard part.count <= bytesLeft else {
            quarantine(index, base, .partsTooLarge)
            return
        }
        bytesLeft -= part.count
        events.append(ReadEvent(index: index, bytes: part, repairs: repairs))
    }

    private mutating func quarantine(
        _ index: Int, _ base: [JSONPath.Step], _ error: EPCISError
    ) {
        var collector = BreachCollector(base: base, limit: 1)
        collector.add(error)
        quarantine(index, collector.breaches)
    }

    private mutating func quarantine(_ index: Int, _ breaches: [Breach]) {
        let kept = breaches.prefix(max(1, breachesLeft))
        breachesLeft = max(0, breachesLeft - kept.count)
        quarantined.append(QuarantinedEvent(index: index, breaches: Array(kept)))
    }
}

extension [ReadEvent] {
    /// The event of an index; the list is sorted by it.
    fileprivate func first(at index: Int) -> ReadEvent? {
        let place = partitioned(by: index, \.index)
        return place.map { self[$0] }
    }
}

extension [QuarantinedEvent] {
    fileprivate func first(at index: Int) -> QuarantinedEvent? {
        let place = partitioned(by: index, \.index)
        return place.map { self[$0] }
    }
}

extension Array {
    /// Where the element with a number stands, in an array that is sorted by it.
    fileprivate func partitioned(by number: Int, _ key: (Element) -> Int) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if key(self[middle]) < number { low = middle + 1 } else { high = middle }
        }
        return low < count && key(self[low]) == number ? low : nil
    }
}
