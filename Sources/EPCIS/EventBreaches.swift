/// All breaches of one event.
struct EventBreaches {
    /// Breaches listed of one event; more are only counted as there.
    static let limit = 100

    let breaches: [Breach]
    /// The self-contained event, where there is no breach.
    let part: [UInt8]?

    /// Looks at an event as it stands in its document.
    ///
    /// No breach is found exactly where `EPCISDocument.split` and `EPCISEvent.read` by schema
    /// accept.
    init(_ event: JSONValue, context: DocumentContext, base: [JSONPath.Step]) {
        var collector = BreachCollector(base: base, limit: Self.limit)
        var part: [UInt8]?
        Self.collect(event, context: context, &collector)
        if collector.breaches.isEmpty {
            // The tables say nothing: the readers that admit have the last word.
            do throws(EPCISError) {
                let bytes = try context.part(event)
                _ = try EPCISEvent.read(bytes, by: .schema)
                part = bytes
            } catch {
                collector.add(error)
            }
        }
        breaches = collector.breaches
        self.part = part
    }

    private static func collect(
        _ event: JSONValue, context: DocumentContext, _ collector: inout BreachCollector
    ) {
        let type: EventType
        do throws(EPCISError) {
            type = try EventType(of: event)
        } catch {
            collector.add(error)
            // Without a type nothing else of an event can be judged but its context.
            let only = ObjectShape(
                ["@context": .leaf(.context)], required: context.value == nil ? ["@context"] : [],
                others: .any)
            if event.asObject != nil { collector.collect(event, only) }
            return
        }
        guard var members = event.asObject else { return }
        if let own = event["@context"] {
            checkMerging(own, with: context, &collector)
        } else if context.value != nil {
            // The document's own is looked at with the document.
            members.append(JSONMember("@context", .array([])))
        }
        let whole = JSONValue.object(members)
        collector.collect(whole, Shape.event(type))
        for fault in faults(of: whole, type) { collector.add(fault) }
    }

    private static func checkMerging(
        _ own: JSONValue, with context: DocumentContext, _ collector: inout BreachCollector
    ) {
        do throws(EPCISError) {
            try EventContext.check(own)
        } catch {
            return  // told where the members are looked at
        }
        do throws(EPCISError) {
            _ = try context.entries.merged(with: own)
        } catch {
            collector.add(error.inside("@context"))
        }
    }

    /// What the members must be together; a member of the wrong kind counts as filled.
    private static func faults(of event: JSONValue, _ type: EventType) -> [EPCISError] {
        func isFilled(_ names: String...) -> Bool {
            names.contains { name in
                guard type.fieldNames.contains(name), let value = event[name] else { return false }
                return value.asArray.map { !$0.isEmpty } ?? true
            }
        }
        let action = event["action"]?.asString.flatMap(EventAction.init)
        let needs = EventNeeds(
            type: type, action: action, hasObjects: isFilled("epcList", "quantityList"),
            hasParent: isFilled("parentID"),
            hasChildren: isFilled("childEPCs", "childQuantityList"),
            hasInputs: isFilled("inputEPCList", "inputQuantityList"),
            hasOutputs: isFilled("outputEPCList", "outputQuantityList"),
            hasProcess: isFilled("transformationID"),
            isSensed: isFilled("sensorElementList") && event["readPoint"] != nil,
            hasTransactions: isFilled("bizTransactionList"))
        var faults = needs.faults
        do throws(EPCISError) {
            try EventSchema.checkAction(try ObjectReader(open: event), type)
        } catch {
            faults.append(error)
        }
        let count = EventType.objectLists.filter(type.fieldNames.contains)
            .reduce(0) { $0 + (event[$1]?.asArray?.count ?? 0) }
        if count > EPCISLimits.objectCount {
            faults.append(
                EPCISError(
                    "epcis.too-large",
                    "the event names \(count) objects, the limit is \(EPCISLimits.objectCount)"))
        }
        return faults
    }
}
