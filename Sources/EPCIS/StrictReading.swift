/// A document read by the rules of admission: its valid events, and what is wrong with the others.
///
/// `EPCISDocument.split` and `EPCISEvent.read` by schema accept exactly the documents without a
/// breach, and `split` gives the same parts.
package struct StrictReading: Hashable, Sendable {
    /// What the document is, event by event.
    ///
    /// At most 100 breaches are told of each event, 100 of the rest, and 10,000 of all.
    package let report: DocumentReport
    /// The events that are valid as they stand, in their order, each complete in itself.
    package let parts: [EPCISPart]

    /// Reads the text of a document.
    package init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) {
        do throws(JSONError) {
            self.init(try JSONValue.parse(bytes, limits: limits))
        } catch {
            self.init(refused: EPCISError(error), form: nil)
        }
    }

    /// Reads a document.
    package init(_ value: JSONValue) {
        let outline: DocumentOutline
        do throws(EPCISError) {
            outline = try DocumentOutline(value, isLenient: false)
        } catch {
            let form = DocumentOutline.documentForm(value)
            let breaches = form.map { DocumentOutline.frameBreaches(value, $0) } ?? []
            guard breaches.isEmpty else {
                self.init(form, breaches: breaches)
                return
            }
            self.init(refused: error, form: form)
            return
        }
        let (events, parts) = Self.events(of: outline)
        self.init(outline.form, breaches: outline.frameBreaches(value), events, parts)
    }

    private static func events(
        of outline: DocumentOutline
    ) -> (reports: [EventReport], parts: [EPCISPart]) {
        var left = LenientReading.breachLimit
        var bytesLeft = EPCISLimits.documentByteCount
        var parts: [EPCISPart] = []
        // A document without context breaks the schema once, not once an event.
        let isDocument = outline.form == .document || outline.form == .queryDocument
        let context = DocumentContext(outline.context ?? (isDocument ? .array([]) : nil))
        let reports = outline.events.enumerated().map { index, event in
            let base = outline.base(index)
            let found = EventBreaches(event, context: context, base: base)
            var breaches = found.breaches
            bytesLeft -= found.part?.count ?? 0
            if bytesLeft < 0, breaches.isEmpty {
                var collector = BreachCollector(base: base, limit: 1)
                collector.add(.partsTooLarge)
                breaches = collector.breaches
            }
            if breaches.isEmpty, let part = found.part {
                parts.append(EPCISPart(index: index, bytes: part))
            }
            let kept = Array(breaches.prefix(max(1, left)))
            left = max(0, left - kept.count)
            return EventReport(
                index: index, description: EventDescription(event), repairs: [], breaches: kept)
        }
        return (reports, parts)
    }

    private init(refused error: EPCISError, form: DocumentForm?) {
        var collector = BreachCollector(base: [], limit: 1)
        collector.add(error)
        self.init(form, breaches: collector.breaches)
    }

    private init(
        _ form: DocumentForm?, breaches: [Breach], _ events: [EventReport] = [],
        _ parts: [EPCISPart] = []
    ) {
        report = DocumentReport(
            isStrict: true, form: form, repairs: [], breaches: breaches, events: events)
        self.parts = parts
    }
}

/// What stands around the events of a document, read without the events.
package struct DocumentFrameReport: Hashable, Sendable {
    /// What kind of input it is; nothing for one that is none.
    package let form: DocumentForm?
    /// What breaks the schema around the events, or that there are none.
    package let breaches: [Breach]
    /// How many events there are.
    package let eventCount: Int

    /// Looks at the frame of a document.
    package init(_ value: JSONValue) {
        do throws(EPCISError) {
            let outline = try DocumentOutline(value, isLenient: false)
            form = outline.form
            breaches = outline.frameBreaches(value)
            eventCount = outline.events.count
        } catch {
            form = DocumentOutline.documentForm(value)
            let found = form.map { DocumentOutline.frameBreaches(value, $0) } ?? []
            var collector = BreachCollector(base: [], limit: 1)
            collector.add(error)
            breaches = found.isEmpty ? collector.breaches : found
            eventCount = 0
        }
    }
}
