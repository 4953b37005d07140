/// A rare state that runs must reach (S2): what is never reached is not tested.
package enum Sighting: String, CaseIterable, Sendable {
    case catchUpFromNothing, resumedAmidPackage, restartedWhileFetching
    case quorumReached, mayGoOn, gateWaited, behind, behindRefused, staysBehind, recovered
    case viewSplit, otherViewTold, liarForgot
    case forkAlarm, amendmentAlarm, entriesAlarm, entryAlarm, forgedAlarm, alarmAskedFor,
        alarmSpread
    case amended, amendedTwice, amendedUnevenly
    case nodeAdmitted, admittedCosigned, cosignerKeyChanged
    case adopted, adoptedTogether
    case logKeyChanged, logKeyLearntLate, wentOnAfterLoss, transportKeyChanged, refusedForKey
    case keysStolen, voidAlarm, voidTold, voidMirrored, voidDropped
    case suspended, reinstated, partDeniedToSuspended
    case nodeRemoved, removedUnawares, removedStillTold
    case alarmWhispered
    case tornAndKept, tornAndLost, tornOwn, tornMirror, tornCheckpoint, tornParts, tornAlarm
    case diskFull, oldBackup
    case partition, partitionHealed, cutInFlight, frameCorrupted, frameReplayed
    case clockBackwards, clockFrozen, farFuture
    case partSupplied, partWithheld, partOpenedLater
    case erased, erasedAtMirror, erasedPassedBy
    case cutForMessage, cutForCheckpoint, cutForProof, cutForSilence, cutForPart, cutForAlarm
    case lieTold, answerRefused
}
