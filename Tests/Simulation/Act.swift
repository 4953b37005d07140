import Support

/// What may happen in a step of a run.
enum Act: CaseIterable {
    case tick, submit, connect, part, cut, crash, start, clock, disk, backup, split, attack, amend
    case erase

    /// How likely it is, in a hundred steps of a plain run.
    private var weight: Int {
        switch self {
        case .tick: 20
        case .submit: 18
        case .connect: 22
        case .part, .crash, .disk: 4
        case .cut: 2
        case .start: 7
        case .clock, .attack, .split: 3
        case .backup, .amend: 5
        case .erase: 2
        }
    }

    /// Each run is inclined to other acts: what comes rarely in all of them often comes in some,
    /// and what hides the rest is missing in others.
    static func drawn(_ random: inout SplitMix64) -> [Act] {
        allCases.flatMap { act -> [Act] in
            let inclination: Int
            switch act {
            case .tick, .connect, .start: inclination = 2
            case .submit: inclination = [1, 2, 4, 8][Int(random.next() % 4)]
            default: inclination = [0, 1, 2, 6][Int(random.next() % 4)]
            }
            return Array(repeating: act, count: act.weight * inclination)
        }
    }
}
