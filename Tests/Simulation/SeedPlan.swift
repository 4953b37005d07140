import Foundation

/// Which seeds are run: `CAIRN_SEED` runs one, `CAIRN_SEEDS` so many, from `CAIRN_FIRST` on;
/// `CAIRN_STEPS` sets the length of each run, `CAIRN_BUG` plants a bug, `CAIRN_DECISIONS` is what the
/// governors decide in each of them, and with `CAIRN_STOP` the first failure is the last.
package struct SeedPlan: Sendable {
    package var seeds: Range<UInt64>
    package var steps: Int
    package var troubles = SimulatedWorld.Troubles()
    package var bug: PlantedBug?
    /// How many nodes found the network; by the seed if nil.
    package var founders: Int?
    /// The node whose disk goes back to an old copy in every run, beside what the seed brings.
    package var forgetting: Int?
    /// What the governors decide; by the seed if nil.
    package var decisions: [SimulatedGovernors.Decision]?
    /// Ends with the first failure.
    package var stopsEarly = false

    package init(seeds: Range<UInt64>, steps: Int = 150, bug: PlantedBug? = nil) {
        self.seeds = seeds
        self.steps = steps
        self.bug = bug
        founders = bug?.founders
        decisions = bug?.decisions
        forgetting = bug == .signsThoughBehind ? 0 : nil
    }

    /// The plan that the environment asks for.
    package static var environment: SeedPlan {
        let environment = ProcessInfo.processInfo.environment
        let steps = environment["CAIRN_STEPS"].flatMap(Int.init) ?? 150
        let bug = environment["CAIRN_BUG"].flatMap(PlantedBug.init)
        let decisions = environment["CAIRN_DECISIONS"].map { list in
            list.split(separator: ",").compactMap { SimulatedGovernors.Decision(rawValue: "\($0)") }
        }
        if let seed = environment["CAIRN_SEED"].flatMap(UInt64.init) {
            var plan = SeedPlan(seeds: seed..<seed + 1, steps: steps, bug: bug)
            plan.decisions = decisions ?? plan.decisions
            return plan
        }
        let count = environment["CAIRN_SEEDS"].flatMap(UInt64.init) ?? (isThorough ? 2_000 : 8)
        let first = environment["CAIRN_FIRST"].flatMap(UInt64.init) ?? 1
        var plan = SeedPlan(seeds: first..<first + count, steps: steps, bug: bug)
        plan.decisions = decisions ?? plan.decisions
        plan.stopsEarly = environment["CAIRN_STOP"] != nil
        return plan
    }

    /// Runs a seed of this plan again.
    package func command(for seed: UInt64) -> String {
        #if DEBUG
            let build = ""
        #else
            let build = "-c release "
        #endif
        let bug = bug.map { "CAIRN_BUG=\($0) " } ?? ""
        let list = decisions?.map(\.rawValue).joined(separator: ",")
        let decisions = list.map { "CAIRN_DECISIONS=\($0) " } ?? ""
        return "\(bug)\(decisions)CAIRN_SEED=\(seed) CAIRN_STEPS=\(steps) "
            + "swift test \(build)--filter SeedTests"
    }

    /// Whether there is time for many runs: in a debug build each takes most of a second, as the
    /// signatures are checked by code that is not optimised.
    package static var isThorough: Bool {
        #if DEBUG
            ProcessInfo.processInfo.environment["CAIRN_SEEDS"] != nil
        #else
            true
        #endif
    }

    /// A run that broke a promise.
    package struct Failure: Sendable {
        package var seed: UInt64
        package var accusations: [String]
    }

    /// What the runs came to.
    package struct Report: Sendable {
        package var failures: [Failure] = []
        package var counts: [Sighting: Int] = [:]
        package var runs = 0
        package var seconds = 0.0
        /// What was delivered in the run, digested, where there is one run only.
        package var traces: [UInt64] = []

        package var summary: String {
            let seen = Sighting.allCases.map { "\($0) \(counts[$0, default: 0])" }
            return "\(runs) runs, \(failures.count) failed, \(Int(seconds)) s: "
                + seen.joined(separator: ", ")
        }
    }

    /// Runs all seeds, on two cores.
    package func run() async -> Report {
        let start = ContinuousClock.now
        var report = await withTaskGroup(of: Report.self) { group in
            let width: UInt64 = 2
            for offset in 0..<width {
                group.addTask { part(from: seeds.lowerBound + offset, by: width) }
            }
            return await group.reduce(into: Report()) { total, part in
                total.failures += part.failures
                total.runs += part.runs
                total.traces += part.traces
                total.counts.merge(part.counts, uniquingKeysWith: +)
            }
        }
        report.failures.sort { $0.seed < $1.seed }
        report.seconds = Double((ContinuousClock.now - start).components.seconds)
        return report
    }

    /// Runs one seed after the other until one fails.
    ///
    /// - Returns: the failure, if there is one, and how many were run.
    package func firstFailure() -> (failure: Failure?, runs: Int) {
        var runs = 0
        for seed in seeds {
            runs += 1
            let (_, accusations, _) = one(seed)
            guard accusations.isEmpty else {
                return (Failure(seed: seed, accusations: accusations), runs)
            }
        }
        return (nil, runs)
    }

    private func part(from first: UInt64, by width: UInt64) -> Report {
        var report = Report()
        for seed in stride(from: first, to: seeds.upperBound, by: Int(width)) {
            let (sightings, accusations, trace) = one(seed)
            report.runs += 1
            if seeds.count == 1 { report.traces.append(trace) }
            for sighting in sightings { report.counts[sighting, default: 0] += 1 }
            guard !accusations.isEmpty else { continue }
            report.failures.append(Failure(seed: seed, accusations: accusations))
            if stopsEarly { break }
        }
        return report
    }

    private func one(_ seed: UInt64) -> (Set<Sighting>, [String], trace: UInt64) {
        do {
            let world = try SimulatedWorld(
                seed: seed, founders: founders, troubles: troubles, bug: bug, decisions: decisions)
            try world.run(steps: steps, forgetting: forgetting)
            return (world.sightings, world.judge.accusations, world.trace)
        } catch {
            return ([], ["the run itself fails: \(error)"], 0)
        }
    }
}
