import Simulation
import Testing

struct `Planted bugs` {
    /// The first seed is one that shows the bug; others are tried as well, since whatever changes
    /// the course of the runs changes where it shows.
    @Test(arguments: PlantedBug.allCases)
    func `are found, and nothing is found without them`(_ bug: PlantedBug) throws {
        let plan = SeedPlan(seeds: bug.firstSeed..<bug.firstSeed + 60, bug: bug)
        let (failure, runs) = plan.firstFailure()
        let found = try #require(failure, "\(bug) is not found in \(runs) runs")
        print("\(bug): run \(runs), seed \(found.seed): \(found.accusations[0])")
        var without = SeedPlan(seeds: found.seed..<found.seed + 1)
        without.founders = plan.founders
        without.forgetting = plan.forgetting
        without.decisions = plan.decisions
        let sound = without.firstFailure().failure
        #expect(sound?.accusations == nil)
    }

    /// After how many runs each is found when nothing is known of it.
    @Test(.enabled(if: SeedPlan.isThorough), arguments: PlantedBug.allCases)
    func `are found by search`(_ bug: PlantedBug) throws {
        let (failure, runs) = SeedPlan(seeds: 1..<401, bug: bug).firstFailure()
        let found = try #require(failure, "\(bug) is not found in \(runs) runs")
        print("\(bug): searched \(runs) runs: \(found.accusations[0])")
    }
}
