import Simulation
import Testing

struct `Planted bugs` {
    @Test(.enabled(if: SeedPlan.isThorough), arguments: PlantedBug.allCases)
    func `are found`(_ bug: PlantedBug) async throws {
        var plan = SeedPlan(seeds: 1..<401, bug: bug)
        plan.stopsEarly = true
        let report = await plan.run()
        let found = report.failures.first?.accusations.first ?? "nothing"
        print("\(bug): after \(report.runs) runs \(found)")
        #expect(!report.failures.isEmpty)
    }
}
