internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// The lists of interpreters and threads, and the lock, from structures made for the test.
@Suite("CPython's threads and lock")
struct CPythonThreadsTests {
    private static let runtime: UInt64 = 0x50_0000
    private static let lock: UInt64 = 0x60_0000

    private func threads(of python: ForgedInterpreter) throws -> CPythonThreads {
        let runtime = Address(rawValue: Self.runtime)
        return CPythonThreads(
            layout: python.layout,
            objects: CPythonObjects(
                layout: try #require(CPythonObjectLayout(CPythonVersion(3, 12))), memory: python.memory),
            memory: python.memory, runtime: runtime,
            interpretersHead: runtime.offset(by: python.layout.runtime?.interpretersHead ?? 0))
    }

    private func interpreter(_ index: Int) -> UInt64 { 0x51_0000 + 0x1_0000 * UInt64(index) }
    private func state(_ index: Int) -> UInt64 { 0x100_0000 + 0x1000 * UInt64(index) }

    /// Lists of states, one for each interpreter, and what follows the last of each.
    private func put(
        _ lists: [[UInt64]], in python: ForgedInterpreter, lastState: UInt64 = 0, lastInterpreter: UInt64 = 0
    ) {
        let (memory, layout) = (python.memory, python.layout)
        memory.put(interpreter(0), at: Self.runtime + UInt64(layout.runtime?.interpretersHead ?? 0))
        for (index, states) in lists.enumerated() {
            let isLast = index + 1 == lists.count
            let next = isLast ? lastInterpreter : interpreter(index + 1)
            memory.put(next, at: interpreter(index) + UInt64(layout.interpreter.next))
            memory.put(states.first ?? 0, at: interpreter(index) + UInt64(layout.interpreter.threadsHead))
            for (place, state) in states.enumerated() {
                let following = place + 1 < states.count ? states[place + 1] : lastState
                memory.put(following, at: state + UInt64(layout.thread.next))
            }
        }
    }

    @Test("the states of all interpreters are found", arguments: [8, 11, 12, 13])
    func allStates(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        put([[state(0), state(1)], [], [state(2)]], in: python)
        #expect(try threads(of: python).states().map(\.rawValue) == [state(0), state(1), state(2)])
    }

    @Test("lists in circles and into nowhere end", arguments: [8, 11, 12, 13])
    func circles(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        for last in [state(0), state(1), 8, .max] {
            put([[state(0), state(1)]], in: python, lastState: last, lastInterpreter: interpreter(0))
            let states = try threads(of: python).states()
            #expect(states.map(\.rawValue).starts(with: [state(0), state(1)]) && states.count <= 3)
        }
    }

    @Test("longer lists than programs have are cut")
    func longLists() throws {
        let python = try ForgedInterpreter(minor: 12)
        put([(0..<5000).map(state)], in: python)
        #expect(try threads(of: python).states().count == CPythonThreads.threadLimit)
        put((0..<300).map { _ in [] }, in: python)
        #expect(try threads(of: python).interpreters().count == CPythonThreads.interpreterLimit)
    }

    /// A stack that ends below the end of its mapping, as where another thread's stack follows.
    private func stack(in python: ForgedInterpreter, from start: UInt64, until end: UInt64) -> NativeStack {
        let frames = [1, 2].map {
            RawFrame(address: .returnAddress(Address(rawValue: $0)), location: .unmapped(Address(rawValue: $0)))
        }
        return NativeStack(
            RawStack(frames: frames, ending: .rootReached), stackPointers: [start, end].map(Address.init(rawValue:)),
            extent: Address(rawValue: start)..<Address(rawValue: start + 0x1000), registers: NativeRegisters(),
            windows: python.memory.windows(in: start..<end), interpreter: [], time: 1)
    }

    private func own(_ states: [Address], on stack: NativeStack, in python: ForgedInterpreter) throws -> [UInt64] {
        let threads = try threads(of: python)
        var framesLeft = 100
        return CPythonThreads.states(on: stack, among: states) { threads.place(of: $0, framesLeft: &framesLeft) }
            .map(\.rawValue)
    }

    @Test("frames on the stack that follows in the same mapping are another thread's", arguments: [11, 13])
    func followingStack(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        let start: UInt64 = 0x7000_0000
        for (index, place) in [start + 0x900, start + 0x100].enumerated() {
            python.putHead(place, ofThread: state(index))
            python.putFrames([place], marks: [place])
        }
        let states = [0, 1].map { Address(rawValue: state($0)) }
        let stack = stack(in: python, from: start, until: start + 0x400)
        #expect(try own(states, on: stack, in: python) == [state(1)])
    }

    @Test("a stack with a thread's descriptor is of that thread, even if it has the addresses of another one's frames")
    func threadOnStack() throws {
        let python = try ForgedInterpreter(minor: 8)
        let (start, frames): (UInt64, [UInt64]) = (0x7000_0000, [0x30_0000, 0x31_0000])
        for (index, descriptor) in [start + 0xC00, start + 0x800].enumerated() {
            python.putHead(frames[index], ofThread: state(index))
            python.putFrames([frames[index]])
            python.memory.put(descriptor, at: state(index) + UInt64(python.layout.thread.threadID))
        }
        python.memory.put(frames, at: start)
        let states = [0, 1].map { Address(rawValue: state($0)) }
        let stack = stack(in: python, from: start, until: start + 0x400)
        #expect(try own(states, on: stack, in: python) == [state(1)])
    }

    // MARK: - The lock

    /// What the thread of the first state has to do with the lock.
    private func lock(
        minor: Int, locked: UInt64, holder: UInt64, systemCallArgument: UInt64 = 0, enabled: UInt64? = nil
    ) throws -> InterpreterLock? {
        var python = try ForgedInterpreter(minor: minor)
        if enabled != nil {
            let measured = CPythonMeasuredLayout.all.first { $0.version.isFreeThreaded && $0.version.minor == minor }
            python = ForgedInterpreter(try #require(measured).layout)
        }
        let fields = try #require(python.layout.lock)
        python.memory.put([UInt64](repeating: 0, count: 32), at: Self.lock)
        python.memory.put(locked, at: Self.lock + UInt64(fields.locked), count: 4)
        python.memory.put(holder, at: Self.lock + UInt64(fields.lastHolder))
        if let enabled { python.memory.put(enabled, at: Self.lock + UInt64(try #require(fields.enabled)), count: 4) }
        var registers = NativeRegisters()
        registers[.rdi] = systemCallArgument
        let frame = RawFrame(address: .programCounter(Address(rawValue: 1)), location: .unmapped(Address(rawValue: 1)))
        let stack = NativeStack(
            RawStack(frames: [frame], ending: .rootReached), stackPointers: [Address(rawValue: 0x7000_0000)],
            extent: Address(rawValue: 0x7000_0000)..<Address(rawValue: 0x7000_1000), registers: registers,
            windows: [], interpreter: python.memory.windows(in: Self.lock..<Self.lock + 256), time: 1)
        let state = CPythonThreadState(
            address: Address(rawValue: state(0)), threadID: 1, lock: Address(rawValue: Self.lock))
        return try threads(of: python).lock(of: state, by: stack)
    }

    @Test("a thread holds the lock, waits for it, or does something without it", arguments: [8, 11, 12, 13])
    func locks(minor: Int) throws {
        #expect(try lock(minor: minor, locked: 1, holder: state(0)) == .holds)
        #expect(try lock(minor: minor, locked: 0, holder: state(0)) == .released)
        #expect(try lock(minor: minor, locked: 1, holder: state(1)) == .released)
        let inLock = Self.lock + 40
        #expect(try lock(minor: minor, locked: 1, holder: state(1), systemCallArgument: inLock) == .waits)
        // Before it was made.
        #expect(try lock(minor: minor, locked: 0xFFFF_FFFF, holder: 0, systemCallArgument: .max) == .released)
    }

    @Test("where threads run without the lock, nobody holds it")
    func disabledLock() throws {
        #expect(try lock(minor: 13, locked: 1, holder: state(0), enabled: 0) == nil)
        #expect(try lock(minor: 13, locked: 1, holder: state(0), enabled: 1) == .holds)
    }

    @Test("a lock that was not copied isn't known")
    func missingLock() throws {
        let python = try ForgedInterpreter(minor: 12)
        let frame = RawFrame(address: .programCounter(Address(rawValue: 1)), location: .unmapped(Address(rawValue: 1)))
        let stack = NativeStack(
            RawStack(frames: [frame], ending: .rootReached), stackPointers: [Address(rawValue: 1)],
            extent: Address(rawValue: 1)..<Address(rawValue: 2), registers: NativeRegisters(), windows: [],
            interpreter: [], time: 1)
        let state = CPythonThreadState(
            address: Address(rawValue: state(0)), threadID: 1, lock: Address(rawValue: Self.lock))
        #expect(try threads(of: python).lock(of: state, by: stack) == nil)
    }
}
