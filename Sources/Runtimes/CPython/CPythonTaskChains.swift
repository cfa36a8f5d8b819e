internal import ProfileModel
internal import SystemSupport

/// Reads the functions that a task waits in.
struct CPythonTaskChains {
    let coroutines: CPythonCoroutines
    let functions: CPythonFunctions
    let sink: InterpretedFunctionSink

    func chain(of coroutine: Address?) -> CPythonCoroutines.Chain {
        coroutine.map(coroutines.chain) ?? CPythonCoroutines.Chain()
    }

    /// The innermost function first.
    ///
    /// - Parameter isInternal: whether a function isn't shown that is in this file, and calls none that is shown.
    func frames(
        of chain: CPythonCoroutines.Chain, where isInternal: (_ file: String) -> Bool = { _ in false }
    ) -> (frames: [RuntimeTask.Frame], loss: RuntimeTask.Loss?) {
        frames(chain.links.reversed().compactMap(\.frame), where: isInternal)
    }

    /// The same of frames, of which the innermost is the first.
    func frames(
        _ innermostFirst: [CPythonFrame], where isInternal: (_ file: String) -> Bool = { _ in false }
    ) -> (frames: [RuntimeTask.Frame], loss: RuntimeTask.Loss?) {
        functions.beginBatch()
        let now = MonotonicTime.now.nanoseconds
        var frames: [RuntimeTask.Frame] = []
        do throws(InterpreterLossError) {
            for frame in innermostFirst {
                guard let (function, line) = try functions.function(of: frame, copiedAt: now) else { continue }
                if frames.isEmpty, isInternal(function.file) { continue }
                guard sink.note(function) else { throw InterpreterLossError(.tooManyFunctions) }
                frames.append(RuntimeTask.Frame(function: function.id, line: line))
            }
            return (frames, nil)
        } catch {
            return ([], RuntimeTask.Loss(error.loss))
        }
    }
}

extension RuntimeTask.Loss {
    fileprivate init(_ loss: InterpreterLoss) {
        self =
            switch loss {
            case .replacedCode: .changed
            case .tooManyFunctions: .tooManyFunctions
            default: .unreadable
            }
    }
}
