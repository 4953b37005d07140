/// A rare state that runs must reach (S2): what is never reached is not tested.
package enum Sighting: String, CaseIterable, Sendable {
    case catchUpFromNothing, resumedAmidPackage, restartedWhileFetching
    case quorumReached, mayGoOn, behind, staysBehind, recovered
    case forkAlarm, amendmentAlarm, alarmLearned
    case amended, nodeAdmitted, cosignerKeyChanged
    case tornAndKept, tornAndLost, diskFull, oldBackup
    case partition, cutInFlight, frameCorrupted, frameReplayed
    case clockBackwards, clockFrozen, farFuture
    case partSupplied, partWithheld
    case cutForMessage, cutForCheckpoint, cutForProof, cutForSilence, cutForPart, cutForAlarm
    case lieTold, answerRefused
}
