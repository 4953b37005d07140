import Simulation
import Support
import Testing

struct `Simulated networks` {
    @Test func `keep their promises whatever happens, and agree in the end`() async throws {
        let plan = SeedPlan.environment
        let report = await plan.run()
        for failure in report.failures.prefix(5) {
            Issue.record(
                """
                seed \(failure.seed): \(failure.accusations.prefix(3).joined(separator: "; "))
                again: CAIRN_SEED=\(failure.seed) swift test --filter SimulationTests
                """)
        }
        print(report.summary)
        #expect(report.failures.isEmpty)
        guard plan.seeds.count >= 1_000 else { return }
        for sighting in Sighting.allCases where report.counts[sighting, default: 0] == 0 {
            Issue.record("no run came to \(sighting)")
        }
    }
}
