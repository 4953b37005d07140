package import Records

extension DemoNetwork {
    /// A small trade of the supplier: so many batches made, each in its own statement, then one
    /// transformation of all of them, then its shipment by the carrier.
    package func trade(batches: Int, name: String = "lot") throws -> [Submission] {
        var all: [Submission] = []
        for number in 0..<batches {
            let made = Self.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(supplier.batch("\(name)-\(number)"), "100.5")], site: supplier.site)
            all.append(try submission(event: made, by: supplier))
        }
        let mixed = Self.transformationEvent(
            inputs: (0..<batches).map { (supplier.batch("\(name)-\($0)"), "100.5") },
            outputs: [(supplier.batch("\(name)-mixed"), "90")], site: supplier.site)
        all.append(try submission(event: mixed, by: supplier))
        let shipped = Self.objectEvent(
            action: "OBSERVE", bizStep: "shipping",
            batches: [(supplier.batch("\(name)-mixed"), "90")],
            site: carrier.site, time: "2026-01-07T08:00:00Z")
        all.append(try submission(event: shipped, by: carrier))
        return all
    }
}
