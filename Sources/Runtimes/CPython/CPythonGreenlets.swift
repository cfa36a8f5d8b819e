internal import ProfileModel

/// The greenlets of an interpreter, such as those of gevent.
///
/// Nothing lists them but the garbage collector. Of one that was switched to while it was read no frames are shown; nothing proves
/// that it was not switched to and back.
struct CPythonGreenlets: CPythonTaskSource {
    let tasks: [Address]
    let mayMixTimes = true
    /// Whether the collector's lists changed all the time, or there are none.
    let mayBeMore: Bool

    private let collected: CPythonCollectedObjects?
    private let reader: CPythonGreenletReader
    private let chains: CPythonTaskChains
    private let thread: String?

    private static let attempts = 4
    /// How often a chain is read again.
    private static let confirmations = 4

    /// `nil` where the interpreter has none.
    init?(
        of interpreter: Address, threads: CPythonThreads, chains: CPythonTaskChains
    ) throws(RuntimeReadError) {
        let objects = threads.objects
        guard
            let reader = try CPythonGreenletReader(of: interpreter, objects: objects, layout: threads.layout)
        else { return nil }
        self.reader = reader
        self.chains = chains
        // Nothing links a greenlet with its thread while it is suspended.
        thread = threads.onlyName(in: interpreter)
        collected = CPythonCollectedObjects(of: interpreter, threads.layout, in: objects.memory)
        (tasks, mayBeMore) = Self.greenlets(among: collected, reader)
    }

    func currentTasks() -> [Address] { Self.greenlets(among: collected, reader).found }

    private static func greenlets(
        among collected: CPythonCollectedObjects?, _ reader: CPythonGreenletReader
    ) -> (found: [Address], mayBeMore: Bool) {
        guard let collected else { return ([], true) }
        var greenlets: Set<Address> = []
        var known: [Address: Bool] = [:]
        let isWhole = collected.forEach { object, type in
            let isGreenlet = known[type] ?? isDerived(type, from: reader.type.address, reader.objects)
            known[type] = isGreenlet
            if isGreenlet { greenlets.insert(object) }
        }
        return (greenlets.sorted { $0.rawValue < $1.rawValue }, !isWhole)
    }

    private static func isDerived(_ type: Address, from greenlet: Address, _ objects: CPythonObjects) -> Bool {
        var next = try? objects.type(at: type)
        for _ in 0..<CPythonObjects.baseLimit {
            guard let base = next else { return false }
            if base.address == greenlet { return true }
            next = try? objects.base(of: base)
        }
        return false
    }

    func thread(ofLoop loop: Address) -> String? { thread }

    func entry(of greenlet: Address) throws(RuntimeReadError) -> CPythonTaskEntry? {
        for _ in 0..<Self.attempts {
            let fields = try reader.fields(of: greenlet)
            guard let state = state(fields) else { return nil }
            guard state == .waiting else { return entry(greenlet, state, [], nil) }
            guard let topFrame = Address(unlessNull: fields.topFrame),
                let frames = try? reader.frames(from: topFrame, by: chains.coroutines)
            else { continue }
            let (functions, loss) = chains.frames(frames)
            guard isConfirmed(frames, from: topFrame), try reader.fields(of: greenlet) == fields else { continue }
            return entry(greenlet, state, functions, loss)
        }
        return entry(greenlet, .waiting, [], .changed)
    }

    /// `nil` for one that has ended.
    private func state(_ fields: CPythonGreenletReader.Fields) -> RuntimeTask.State? {
        if fields.topFrame != 0 { return .waiting }
        if fields.stackEnd == 0 { return .ready }
        return fields.stackStart == 0 ? nil : .running
    }

    private func isConfirmed(_ frames: [CPythonFrame], from topFrame: Address) -> Bool {
        (0..<Self.confirmations).allSatisfy { _ in
            (try? reader.frames(from: topFrame, by: chains.coroutines)) == frames
        }
    }

    private func entry(
        _ greenlet: Address, _ state: RuntimeTask.State, _ frames: [RuntimeTask.Frame], _ loss: RuntimeTask.Loss?
    ) -> CPythonTaskEntry {
        CPythonTaskEntry(
            address: greenlet, name: reader.typeName(of: greenlet), state: state, loop: reader.type.address,
            awaited: nil, frames: frames, loss: loss, resolved: [], isUnchanged: { false })
    }
}

extension Address {
    fileprivate init?(unlessNull word: UInt64) {
        guard word != 0 else { return nil }
        self.init(rawValue: word)
    }
}
