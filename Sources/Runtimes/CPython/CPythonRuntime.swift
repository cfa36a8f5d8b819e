package import ProfileModel

/// CPython in one process.
package final class CPythonRuntime: LanguageRuntime {
    let version: CPythonVersion
    let layout: CPythonLayout
    let threads: CPythonThreads
    let functions: CPythonFunctions
    /// Where the interpreter's loop is in the process.
    private let loops: [Range<Address>]
    /// The file that has it.
    private let object: ObjectID
    /// The thread states, as read for this batch.
    private var states: [Address]?
    /// Those that were planned to be copied, by where their copies begin.
    private var planned: [Address: CPythonThreadState] = [:]

    /// The names of threads, as read for this batch, by their interpreters.
    private var names: [Address: [UInt64: String]] = [:]

    /// The locks whose holders' frames were planned to be copied of all threads.
    private var sharedLocks: Set<Address> = []

    /// Where those states have their frames, as read for this batch.
    private var places: [Address: CPythonThreads.Place] = [:]
    /// How many frames may still be followed for that in this batch.
    private var framesLeft = 0

    private static let plannedLimit = 1 << 14
    private static let framesOfBatch = 1 << 16
    private static let framesOfState = 1 << 14
    /// Each interpreter has one at most, and a program few interpreters; every one is searched in each stack.
    private static let sharedLockLimit = 64

    package let summary: RuntimeSummary

    /// - Parameters:
    ///   - loops: the code of `_PyEval_EvalFrameDefault`, in the process.
    ///   - object: the file that has it.
    init(
        version: CPythonVersion, layout: CPythonLayout, threads: CPythonThreads, loops: [Range<Address>],
        of object: ObjectID, reader: CPythonFunctionReader, memory: any RuntimeMemory, summary: RuntimeSummary
    ) {
        self.version = version
        self.layout = layout
        self.loops = loops
        self.object = object
        self.threads = threads
        self.summary = summary
        functions = CPythonFunctions(reader: reader, layout: layout, memory: memory)
    }

    package var sharedPlan: InterpreterPlan? {
        let lock = threads.states().lazy.compactMap { self.threads.state(at: $0).lock }.first
        if let lock { share(lock) }
        return lock.flatMap(layout.sharedPlan)
    }

    private func share(_ lock: Address) { if sharedLocks.count < Self.sharedLockLimit { sharedLocks.insert(lock) } }

    package func beginBatch() {
        states = nil
        places = [:]
        framesLeft = Self.framesOfBatch
        names = [:]
        functions.beginBatch()
    }

    package func merge(_ stack: NativeStack, naming sink: InterpretedFunctionSink) -> MergedStack {
        let positions = stack.frames.indices.filter { isLoop(stack.frames[$0].frame) }
        let own = stack.interpreterStarts.compactMap { planned[$0] }
        let copied = own.isEmpty ? holders(in: stack) : own
        guard !positions.isEmpty || !copied.isEmpty || mayHaveUnnamedLoop(stack) else {
            return MergedStack(frames: stack.frames.map(\.frame), interpreted: nil)
        }
        let assignment = assignment(stack, positions, copied)
        let current = assignment.loss == nil && !own.isEmpty ? [] : currentStates(of: stack)
        let merged = replaceLoops(of: stack, by: assignment, naming: sink)
        let hasLoop = !positions.isEmpty || !assignment.functions.isEmpty || !current.isEmpty
        let interpreted = merged.loss.map(InterpretedFrames.unknown) ?? .complete
        return MergedStack(
            frames: merged.frames, interpreted: hasLoop ? interpreted : nil,
            plan: layout.plan(for: current), sharedPlan: current.first?.lock.flatMap(layout.sharedPlan),
            thread: thread(of: stack, copied, current), records: merged.records)
    }

    package func variables(
        in copied: CopiedMemory, startingAt starts: Set<Address>, _ reading: VariableReading
    ) -> [Address: FrameVariables] {
        var variables = CPythonVariables(layout: layout, objects: threads.objects, reading)
        var read: [Address: FrameVariables] = [:]
        for state in starts.compactMap({ planned[$0] }) {
            let loops = CPythonChain(of: state.address, layout, in: copied)?.loops ?? []
            for frame in loops.lazy.flatMap(\.functions) {
                read[frame.address] = variables.variables(ofFrameAt: frame.address, code: frame.code)
            }
        }
        return read
    }

    /// The thread states that held a lock, where their frames were copied, and lie on the stack.
    private func holders(in stack: NativeStack) -> [CPythonThreadState] {
        guard let fields = layout.lock else { return [] }
        return sharedLocks.compactMap { lock in
            guard stack.interpreterStarts.contains(lock.offset(by: fields.extent.start)),
                let holder = stack.all.copiedWord(at: lock.offset(by: fields.lastHolder)),
                let chain = CPythonChain(of: Address(rawValue: holder), layout, in: stack.all),
                isOn(stack, chain)
            else { return nil }
            return CPythonThreadState(address: Address(rawValue: holder), threadID: 0, lock: lock)
        }
    }

    private func isOn(_ stack: NativeStack, _ chain: CPythonChain) -> Bool {
        if let anchor = chain.loops.lazy.compactMap(\.anchor).first { return stack.used.contains(anchor) }
        guard layout.frame.entry == .each, let outermost = chain.loops.last else { return false }
        return outermost.functions.contains { stack.memory.holds($0.address.rawValue, in: stack.used) }
    }

    /// Whether a frame lies in the interpreter's file: in a stripped one, a part of the loop that the compiler moved elsewhere
    /// has no name, and only the variable in its frame shows what it is.
    private func mayHaveUnnamedLoop(_ stack: NativeStack) -> Bool {
        layout.frame.entry != .each
            && stack.frames.contains { if case .object(object, _) = $0.frame.location { true } else { false } }
    }

    private func isLoop(_ frame: RawFrame) -> Bool {
        let instruction = frame.address.instruction
        return loops.contains { $0.contains(instruction) }
    }

    /// What the loops ran by what was copied with the stack.
    private func assignment(
        _ stack: NativeStack, _ positions: [Int], _ copied: [CPythonThreadState]
    ) -> CPythonMerge.Assignment {
        let merge = CPythonMerge(stack: stack, loops: positions)
        let entry = stack.frames.first.flatMap { native in
            loops.first { $0.contains(native.frame.address.instruction) }?.lowerBound
        }
        let chains = copied.compactMap { state in
            CPythonChain(of: state.address, layout, in: stack.all) { control, current in
                entry.map { merge.innermostControl(at: control, pointingAt: current, entry: $0) } ?? .isSet
            }
        }
        guard !chains.isEmpty else { return CPythonMerge.Assignment(loss: .notCopied) }
        var assignment =
            layout.frame.entry == .each ? assignedByAddresses(chains, merge) : merge.assignByAnchors(chains)
        if assignment.loss != nil, chains.count < copied.count { assignment.loss = .notCopied }
        return assignment
    }

    /// The first thread's stack may hold the addresses of other threads' frames, too: then one chain fits alone.
    private func assignedByAddresses(_ chains: [CPythonChain], _ merge: CPythonMerge) -> CPythonMerge.Assignment {
        let together = merge.assignByAddresses(chains)
        guard together.loss != nil, chains.count > 1 else { return together }
        return chains.lazy.map { merge.assignByAddresses([$0]) }.first { $0.loss == nil } ?? together
    }

    /// The thread states whose frames lie on the stack now.
    private func currentStates(of stack: NativeStack) -> [CPythonThreadState] {
        let all = states ?? threads.states()
        states = all
        let own = CPythonThreads.states(on: stack, among: all, places: place).map { threads.state(at: $0) }
        if planned.count >= Self.plannedLimit { planned.removeAll() }
        for state in own {
            planned[state.address.offset(by: layout.thread.frames.offset)] = state
            if let lock = state.lock { share(lock) }
        }
        return own
    }

    private func place(of state: Address) -> CPythonThreads.Place {
        if let known = places[state] { return known }
        let limit = min(framesLeft, Self.framesOfState)
        var left = limit
        let place = threads.place(of: state, framesLeft: &left)
        framesLeft -= limit - left
        places[state] = place
        return place
    }

    /// - Parameter current: the states that were read just now, if any: the name is read together with them.
    private func thread(
        of stack: NativeStack, _ copied: [CPythonThreadState], _ current: [CPythonThreadState]
    ) -> InterpreterThread {
        let locks = copied.compactMap { threads.lock(of: $0, by: stack) }
        return InterpreterThread(
            // Interpreters are listed the newest first: what began the thread gave it its name.
            name: current.reversed().lazy.compactMap(self.name).first,
            lock: [.holds, .waits, .released].first(where: locks.contains))
    }

    private func name(of state: CPythonThreadState) -> String? {
        guard let interpreter = threads.interpreter(of: state) else { return nil }
        let known = names[interpreter] ?? threads.names(in: interpreter)
        names[interpreter] = known
        return known[state.threadID]
    }

    private func replaceLoops(
        of stack: NativeStack, by assignment: CPythonMerge.Assignment, naming sink: InterpretedFunctionSink
    ) -> (frames: [RawFrame], records: [Int: Address], loss: InterpreterLoss?) {
        var loss = assignment.loss
        var frames: [RawFrame] = []
        var records: [Int: Address] = [:]
        var isAfterLoop = false
        for (index, native) in stack.frames.enumerated() {
            // With -X perf, a generated stub that has the function's name calls the loop (3.12 and later).
            defer { isAfterLoop = assignment.functions[index] != nil }
            if isAfterLoop, native.frame.location.isGenerated { continue }
            guard let functions = assignment.functions[index], !functions.isEmpty else {
                frames.append(native.frame)
                continue
            }
            do throws(InterpreterLossError) {
                let found = try functions.map { (frame) throws(InterpreterLossError) in
                    (frame, try interpreted(frame, at: native.frame.address, stack.time, sink))
                }
                let omission = assignment.cut.contains(index) ? try omission(at: native.frame.address, sink) : nil
                for case (let record, let frame?) in found {
                    records[frames.count] = record.address
                    frames.append(frame)
                }
                if let omission { frames.append(omission) }
            } catch {
                loss = loss ?? error.loss
                frames.append(native.frame)
            }
        }
        return (frames, records, loss)
    }

    /// What stands for functions that were not copied.
    private func omission(
        at address: FrameAddress, _ sink: InterpretedFunctionSink
    ) throws(InterpreterLossError) -> RawFrame {
        guard sink.note(.omitted) else { throw InterpreterLossError(.tooManyFunctions) }
        return RawFrame(address: address, location: .interpreted(InterpretedFunction.omitted.id, line: nil))
    }

    private func interpreted(
        _ frame: CPythonFrame, at address: FrameAddress, _ time: UInt64, _ sink: InterpretedFunctionSink
    ) throws(InterpreterLossError) -> RawFrame? {
        guard let (function, line) = try functions.function(of: frame, copiedAt: time) else { return nil }
        guard sink.note(function) else { throw InterpreterLossError(.tooManyFunctions) }
        return RawFrame(address: address, location: .interpreted(function.id, line: line))
    }
}
