import EPCIS
import HTTPAPI
import Imports
import Logging
import MerkleTrees
import Records
import Storage

/// A part of a captured document, and the event it is of; none for master data.
private struct CapturedPart: Sendable {
    var part: Part
    var event: Int?
}

/// What came of a job.
private enum CaptureOutcome {
    /// It is done, with these faults.
    case done([CaptureFault])
    /// Nothing can be said yet; the job is tried again later.
    case later
}

extension RunningNode {
    /// Does what was promised, job by job, until nothing is left or the node stops.
    ///
    /// A job is done when its outcome is written down. Whatever interrupts it before that, it is
    /// done again from the beginning: its parts are the same bytes, and those that the log has are
    /// passed by.
    func captureWaiting() async {
        while !Task.isCancelled, !isStopping {
            let next: (number: Int64, order: CaptureOrder)?
            do throws(Refusal) {
                next = try await serving { service in try service.nextCapture() }
            } catch {
                guard await pauseCapturing() else { return }
                continue
            }
            guard let (number, order) = next else { return }
            guard case .done(let faults) = await perform(order),
                await finish(number, order, faults)
            else {
                guard await pauseCapturing() else { return }
                continue
            }
        }
    }

    /// Waits before the next try; false if the node stops meanwhile.
    private func pauseCapturing() async -> Bool {
        guard !isStopping, (try? await Task.sleep(for: .seconds(1))) != nil else { return false }
        return !isStopping
    }

    /// Writes down what came of a job; false if that failed.
    private func finish(
        _ number: Int64, _ order: CaptureOrder, _ faults: [CaptureFault]
    ) async -> Bool {
        var told = faults.prefix(CaptureLimits.errors).map(\.json)
        if faults.count > told.count {
            let more = Refusal(
                code: "capture.more-errors", field: "",
                reason: "there are \(faults.count - told.count) more errors")
            told.append(CaptureFault(event: nil, more).json)
        }
        let errors = JSONValue.array(told).serialized()
        let now = nowMilliseconds()
        let isDone = try? await serving { service in
            try service.finishCapture(
                number, nowMilliseconds: now, isSuccess: faults.isEmpty, errors: errors)
            return true
        }
        guard isDone == true else { return false }
        logger.info(
            "captured",
            metadata: [
                "code": "capture.finished", "capture": "\(order.id)",
                "errors": .stringConvertible(faults.count),
            ])
        return true
    }

    // MARK: One job

    private func perform(_ order: CaptureOrder) async -> CaptureOutcome {
        guard let signer = captureWork.signer else { return .later }
        let isRollback = order.behaviour != CaptureErrorBehaviour.proceed.rawValue
        var (parts, faults) = ([CapturedPart](), [CaptureFault]())
        do throws(Refusal) {
            (parts, faults) = try await serving { _ in try Self.read(order, signer) }
        } catch {
            return outcome(of: error, order)
        }
        guard !parts.isEmpty, !isRollback || faults.isEmpty else { return .done(faults) }
        guard await captureWork.lane.enter() else { return .later }
        let result: CaptureOutcome
        do throws(Refusal) {
            let missing = Set(try await unrecorded(parts.map(\.part)))
            parts = parts.filter { missing.contains($0.part) }
            faults +=
                isRollback
                ? try await registerTogether(parts, order, signer)
                : try await registerWhatCan(parts, order, signer)
            result = .done(faults)
        } catch {
            result = outcome(of: error, order)
        }
        await captureWork.lane.leave()
        return result
    }

    /// What a refusal of the whole means: the node's own state is no answer yet.
    private func outcome(of refusal: Refusal, _ order: CaptureOrder) -> CaptureOutcome {
        guard !refusal.isOfTheNode else { return .later }
        return .done([CaptureFault(event: nil, refusal)])
    }

    /// The parts of a document, each once, and what is wrong with the others.
    private static func read(
        _ order: CaptureOrder, _ signer: CaptureSigner
    ) throws -> (parts: [CapturedPart], faults: [CaptureFault]) {
        let extensions = try order.extensions.map { try JSONValue.parse($0) }
        let document = try CaptureDocument(
            order.document, form: CaptureDocument.Form(rawValue: order.form) ?? .json,
            extensions: extensions)
        var faults = document.faults.map {
            CaptureFault(event: $0.event, pointer: $0.pointer, $0.refusal)
        }
        var parts: [CapturedPart] = []
        var seen: Set<Hash256> = []
        func add(_ event: Int?, _ make: () throws(Refusal) -> Part) {
            do throws(Refusal) {
                let part = try make()
                guard seen.insert(part.digest).inserted else { return }
                parts.append(CapturedPart(part: part, event: event))
            } catch {
                faults.append(CaptureFault(event: event, error))
            }
        }
        for record in document.records {
            add(nil) { () throws(Refusal) in
                try signer.signer.part(record, visibility: signer.visibility)
            }
        }
        for event in document.events {
            add(event.index) { () throws(Refusal) in try signer.part(event) }
        }
        return (parts, faults)
    }

    // MARK: All or nothing

    /// Registers all parts, or none: every statement is judged before the first is handed over.
    ///
    /// - Returns: what was refused; then nothing is registered, unless governance changed between
    ///   two statements of one document, which is told.
    private func registerTogether(
        _ parts: [CapturedPart], _ order: CaptureOrder, _ signer: CaptureSigner
    ) async throws(Refusal) -> [CaptureFault] {
        let submissions = try sign(parts, order, signer)
        for submission in submissions {
            do throws(Refusal) {
                try judge(submission)
            } catch {
                guard !error.isOfTheNode else { throw error }
                return blame(error, parts, order, signer)
            }
        }
        var registered = 0
        for submission in submissions {
            do throws(Refusal) {
                try await registerCaptured(submission)
                registered += 1
            } catch {
                guard !error.isOfTheNode, registered > 0 else { throw error }
                let partly = Refusal(
                    code: "capture.partly", field: "",
                    reason:
                        "\(registered) of \(submissions.count) statements of the document stand "
                        + "in the log: what the network allows changed in between")
                return [CaptureFault(event: nil, partly), CaptureFault(event: nil, error)]
            }
        }
        return []
    }

    private func sign(
        _ parts: [CapturedPart], _ order: CaptureOrder, _ signer: CaptureSigner
    ) throws(Refusal) -> [Submission] {
        try signer.signer.submissions(
            parts.map(\.part), issuedAtSeconds: order.createdMilliseconds / 1_000)
    }

    private func judge(_ submission: Submission) throws(Refusal) {
        if let refusal = watch.disk.refusal() { throw refusal }
        try requireNamesFree(try admit(submission, under: published.newest.basis))
    }

    /// Finds what in a refused document is refused by itself.
    private func blame(
        _ refusal: Refusal, _ parts: [CapturedPart], _ order: CaptureOrder, _ signer: CaptureSigner
    ) -> [CaptureFault] {
        var faults: [CaptureFault] = []
        for part in parts {
            do throws(Refusal) {
                for submission in try sign([part], order, signer) { try judge(submission) }
            } catch {
                faults.append(CaptureFault(event: part.event, error))
            }
        }
        return faults.isEmpty ? [CaptureFault(event: nil, refusal)] : faults
    }

    // MARK: What can be

    /// Registers what is admitted, and tells what was refused.
    ///
    /// A refused statement is tried again part by part, so that one event leaves the others.
    private func registerWhatCan(
        _ parts: [CapturedPart], _ order: CaptureOrder, _ signer: CaptureSigner
    ) async throws(Refusal) -> [CaptureFault] {
        var faults: [CaptureFault] = []
        for submission in try sign(parts, order, signer) {
            do throws(Refusal) {
                try await registerCaptured(submission)
            } catch {
                guard !error.isOfTheNode else { throw error }
                let covered = Set(submission.parts)
                for part in parts where covered.contains(part.part.encoded) {
                    if let fault = try await registerAlone(part, order, signer) {
                        faults.append(fault)
                    }
                }
            }
        }
        return faults
    }

    private func registerAlone(
        _ part: CapturedPart, _ order: CaptureOrder, _ signer: CaptureSigner
    ) async throws(Refusal) -> CaptureFault? {
        do throws(Refusal) {
            for submission in try sign([part], order, signer) {
                try await registerCaptured(submission)
            }
            return nil
        } catch {
            guard !error.isOfTheNode else { throw error }
            return CaptureFault(event: part.event, error)
        }
    }

    // MARK: The log

    /// Hands a statement over; it is durable and sealed when this returns.
    func registerCaptured(_ submission: Submission) async throws(Refusal) {
        _ = try await submit(submission.encoded(), patiently: true)
    }

    /// Those of some parts that no statement in the log covers, in their order.
    func unrecorded(_ parts: [Part]) async throws(Refusal) -> [Part] {
        try await reading { store in
            try parts.filter { try store.uses(of: $0.digest).isEmpty }
        }
    }
}

extension Refusal {
    /// Whether a refusal says how the node is, and nothing of what was handed in.
    fileprivate var isOfTheNode: Bool {
        code.hasPrefix("node.") || code.hasPrefix("storage.")
    }
}
