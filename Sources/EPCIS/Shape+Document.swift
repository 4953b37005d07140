extension Shape {
    /// What stands around the events of an `EPCISDocument`.
    static let document = ObjectShape(
        frame.merging([
            "instanceIdentifier": .leaf(.string), "sender": .leaf(.string),
            "receiver": .leaf(.string), "epcisHeader": .object(header),
            "epcisBody": .object(ObjectShape(["eventList": events], required: ["eventList"])),
        ]) { $1 },
        required: ["@context", "schemaVersion", "creationDate", "epcisBody"])

    /// What stands around the events of an `EPCISQueryDocument`.
    static let queryDocument = ObjectShape(
        frame.merging([
            "epcisBody": .object(
                ObjectShape(["queryResults": .object(results)], required: ["queryResults"]))
        ]) { $1 },
        required: ["@context", "epcisBody"])

    private static let frame: [String: Shape] = [
        "@context": .leaf(.context), "id": .leaf(.uri), "type": .leaf(.anything),
        "schemaVersion": .leaf(.version), "creationDate": .leaf(.time),
    ]

    /// The events themselves are looked at one by one.
    private static let events: Shape = .list(.leaf(.anything))

    private static let results = ObjectShape(
        [
            "queryName": .leaf(.string), "subscriptionID": .leaf(.string),
            "resultsBody": .object(
                ObjectShape(
                    ["eventList": events, "vocabularyList": vocabularies],
                    required: ["eventList"])),
        ], required: ["queryName", "resultsBody"])

    private static let header = ObjectShape([
        "epcisMasterData": .object(ObjectShape(["vocabularyList": vocabularies], others: .any))
    ])

    private static let vocabularies: Shape = .list(
        .object(
            ObjectShape(
                ["type": .leaf(.uri), "vocabularyElementList": .list(.object(element))],
                required: ["type"], others: .any)))

    private static let element = ObjectShape(
        [
            "id": .leaf(.uri), "children": .list(.leaf(.uri)),
            "attributes": .list(
                .object(
                    ObjectShape(
                        ["id": .leaf(.uri), "attribute": .leaf(.attributeContent)],
                        required: ["id"], others: .any))),
        ], required: ["id"], others: .any)
}
