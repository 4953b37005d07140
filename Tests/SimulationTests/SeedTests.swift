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
                again: \(plan.command(for: failure.seed))
                """)
        }
        print(report.summary)
        if plan.seeds.count == 1 { print("trace \(report.traces)") }
        #expect(report.failures.isEmpty)
        // What is never reached is not tested.
        guard plan.seeds.count >= 1_000 else { return }
        for sighting in Sighting.allCases where report.counts[sighting, default: 0] == 0 {
            Issue.record("no run came to \(sighting)")
        }
    }

    @Test func `replay from their seed`() async throws {
        let plan = SeedPlan(seeds: 3..<4)
        let (first, again) = (await plan.run(), await plan.run())
        #expect(first.traces == again.traces && first.counts == again.counts)
        #expect(first.traces != [0])
    }
}
