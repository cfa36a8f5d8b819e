internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// Which functions go in the place of which native frame.
@Suite("Merging CPython's frames with native ones")
struct CPythonMergeTests {
    private static let stackStart: UInt64 = 0x7000_0000
    private static let frameSize: UInt64 = 0x100
    private static let frameCount = 7

    /// A variable of a native frame.
    private func variable(of index: Int, _ offset: UInt64 = 0x10) -> UInt64 {
        Self.stackStart + Self.frameSize * UInt64(index) + offset
    }

    private func function(_ index: Int) -> UInt64 { 0x30_0000 + 0x100 * UInt64(index) }

    /// Of frames that have called the one below, but for the innermost one.
    private func stack(
        of python: ForgedInterpreter, ending: StackEnding = .rootReached, registers: NativeRegisters = NativeRegisters()
    ) -> NativeStack {
        let end = variable(of: Self.frameCount, 0)
        let instruction = Address(rawValue: 0x40_0000)
        let frames = (0..<Self.frameCount).map { index in
            RawFrame(
                address: index == 0 ? .programCounter(instruction) : .returnAddress(instruction),
                location: .unmapped(Address(rawValue: 1)))
        }
        return NativeStack(
            RawStack(frames: frames, ending: ending),
            stackPointers: (0..<Self.frameCount).map { Address(rawValue: variable(of: $0, 0)) },
            extent: Address(rawValue: Self.stackStart)..<Address(rawValue: end), registers: registers,
            windows: python.memory.windows(in: Self.stackStart..<end),
            interpreter: python.memory.windows(in: 0..<Self.stackStart), time: 1)
    }

    private static let truncated = StackEnding.truncated(.beyondCopiedStack(Address(rawValue: 1)))

    private func addresses(_ assignment: CPythonMerge.Assignment) -> [Int: [UInt64]] {
        assignment.functions.mapValues { $0.map(\.address.rawValue) }
    }

    // MARK: - 3.11 and later

    /// Of an interpreter whose chain has these frames, innermost first, and these marks.
    private func assignment(
        _ chains: [[UInt64]], marks: Set<UInt64>, loops: [Int], ending: StackEnding = .rootReached,
        without missing: UInt64? = nil, saved: [UInt64: UInt64] = [:]
    ) throws -> CPythonMerge.Assignment {
        let python = try ForgedInterpreter(minor: 13)
        let threads = chains.indices.map { ForgedInterpreter.thread + 0x1000 * UInt64($0) }
        for (thread, chain) in zip(threads, chains) {
            python.putHead(chain[0], ofThread: thread)
            python.putFrames(chain, marks: marks)
        }
        if let missing { python.memory.remove(missing..<missing + 0x80) }
        for (place, value) in saved { python.memory.put(value, at: place) }
        let stack = stack(of: python, ending: ending)
        let copied = threads.compactMap { CPythonChain(of: Address(rawValue: $0), python.layout, in: stack.all) }
        try #require(copied.count == chains.count)
        return CPythonMerge(stack: stack, loops: loops).assignByAnchors(copied)
    }

    @Test("functions go where the mark of their loop lies")
    func marksInFrames() throws {
        let (inner, outer) = (variable(of: 1), variable(of: 4))
        let result = try assignment(
            [[function(0), function(1), inner, function(2), outer]], marks: [inner, outer], loops: [1, 4])
        #expect(addresses(result) == [1: [function(0), function(1)], 4: [function(2)]] && result.loss == nil)
    }

    @Test("an innermost loop without a mark yet, or any more, stays native and is no loss")
    func beginningLoop() throws {
        let outer = variable(of: 4)
        let result = try assignment([[function(0), outer]], marks: [outer], loops: [1, 4])
        #expect(addresses(result) == [4: [function(0)]] && result.loss == nil)
    }

    @Test("a loop that has not yet written its control frame is passed over", arguments: [11, 12])
    func unsetControlFrame(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        guard case .controlFrame(_, let current, _) = python.layout.thread.frames else {
            Issue.record("no control frames in 3.\(minor)")
            return
        }
        let control = Address(rawValue: variable(of: 0, 0x40))
        // What was there before; the loop's own frame is another one.
        python.memory.put(function(0), at: control.rawValue + UInt64(current))
        python.memory.put(function(0), at: variable(of: 0, 0x80))
        func innermost(
            loops: [Int] = [0, 4], begin: UInt64 = 0x40_0000 - 100, registers: NativeRegisters = NativeRegisters()
        ) -> CPythonChain.InnermostControl {
            CPythonMerge(stack: stack(of: python, registers: registers), loops: loops)
                .innermostControl(at: control, pointingAt: UInt64(current), entry: Address(rawValue: begin))
        }
        #expect(innermost() == .isUnset(outer: Address(rawValue: variable(of: 4, 0x40))))
        #expect(innermost(loops: [0]) == .isUnset(outer: nil))
        // A loop that has called something, one in the rest of its code, and one that has the frame itself.
        #expect(innermost(loops: [1, 4]) == .isSet)
        #expect(innermost(begin: 0x40_0000 - 256) == .isSet)
        var registers = NativeRegisters()
        registers[.rbx] = function(0)
        #expect(innermost(registers: registers) == .isSet)
    }

    @Test("a chain of 3.12 that doesn't begin in the innermost loop is a mismatch")
    func chainBesideInnermostLoop() throws {
        let python = try ForgedInterpreter(minor: 12)
        let (control, outer) = (variable(of: 0), variable(of: 4))
        python.putHead(control)
        func assignment(_ frames: [UInt64], marks: Set<UInt64>) -> CPythonMerge.Assignment {
            python.putControl(at: control, frame: frames[0], previous: 0)
            python.putFrames(frames, marks: marks)
            let stack = stack(of: python)
            let chain = CPythonChain(of: Address(rawValue: ForgedInterpreter.thread), python.layout, in: stack.all)
            return CPythonMerge(stack: stack, loops: [0, 4]).assignByAnchors([chain].compactMap(\.self))
        }
        let inner = variable(of: 0, 0x80)
        let whole = assignment([function(0), inner, function(1), outer], marks: [inner, outer])
        #expect(addresses(whole) == [0: [function(0)], 4: [function(1)]] && whole.loss == nil)
        #expect(assignment([function(0), function(1), outer], marks: [outer]).loss == .mismatch)
    }

    @Test("any other loop without a mark is a mismatch")
    func missingMark() throws {
        let (inner, outer) = (variable(of: 1), variable(of: 5))
        let result = try assignment(
            [[function(0), inner, function(1), outer]], marks: [inner, outer], loops: [1, 3, 5])
        #expect(addresses(result) == [1: [function(0)], 5: [function(1)]] && result.loss == .mismatch)
        let outermost = try assignment([[function(0), inner]], marks: [inner], loops: [1, 4])
        #expect(outermost.loss == .mismatch)
    }

    @Test("loops beyond what was copied of the chain are too deep")
    func cutChain() throws {
        let (inner, outer) = (variable(of: 1), variable(of: 4))
        let result = try assignment(
            [[function(0), inner, function(1), outer]], marks: [inner, outer], loops: [1, 4], without: function(1))
        #expect(addresses(result) == [1: [function(0)]] && result.loss == .tooDeep)
    }

    @Test("of a loop that has the innermost function's address, the functions up to the cut are known")
    func cutInInnermostLoop() throws {
        let mark = variable(of: 1)
        let chain = [[function(0), function(1), function(2), mark]]
        let result = try assignment(
            chain, marks: [mark], loops: [1], without: function(2), saved: [variable(of: 0): function(0)])
        #expect(addresses(result) == [1: [function(0), function(1)]] && result.cut == [1] && result.loss == .tooDeep)
        let unproven = try assignment(chain, marks: [mark], loops: [1], without: function(2))
        #expect(addresses(unproven) == [1: []] && unproven.loss == .tooDeep)
    }

    @Test("a leaf that may be just beginning is not taken for the loop that a chain is cut off in")
    func cutOutsideOfBeginningLoop() throws {
        let mark = variable(of: 4)
        let chain = [[function(0), function(1), function(2), mark]]
        let saved = [variable(of: 0): function(0)]
        let result = try assignment(chain, marks: [mark], loops: [0, 4], without: function(2), saved: saved)
        #expect(addresses(result)[0] == [] && addresses(result)[4] == nil && result.loss == .tooDeep)
        let only = try assignment(chain, marks: [mark], loops: [0], without: function(2), saved: saved)
        #expect(addresses(only) == [0: [function(0), function(1)]] && only.cut == [0] && only.loss == .tooDeep)
    }

    @Test("a chain that is cut off in an outer loop is of the next one on the stack")
    func cutInOuterLoop() throws {
        let (inner, outer) = (variable(of: 1), variable(of: 4))
        let result = try assignment(
            [[function(0), inner, function(1), function(2), outer]], marks: [inner, outer], loops: [1, 4, 5],
            without: function(2))
        #expect(addresses(result) == [1: [function(0)], 4: [function(1)]])
        #expect(result.cut == [4] && result.loss == .tooDeep)
    }

    @Test("a mark outside all frames, or a second one in a frame, is of another time: nothing of the chain is shown")
    func foreignMarks() throws {
        let inside = variable(of: 4)
        for mark in [variable(of: 0, 0) - 0x40, variable(of: 4, 0x80)] {
            let result = try assignment(
                [[function(0), mark, function(1), inside]], marks: [mark, inside], loops: [1, 4])
            #expect(result == CPythonMerge.Assignment(loss: .mismatch))
        }
    }

    @Test("marks above where a stack is cut off are of frames that aren't known")
    func cutStack() throws {
        let (inner, outer) = (variable(of: 1), variable(of: 9))
        let result = try assignment(
            [[function(0), inner, function(1), outer]], marks: [inner, outer], loops: [1], ending: Self.truncated)
        #expect(addresses(result) == [1: [function(0)]] && result.loss == nil)
    }

    @Test("of marks above the last frame of a cut stack, the first one is its own where it is a loop")
    func cutStackAtLoop() throws {
        let marks = [variable(of: 1), variable(of: 6, 0x40), variable(of: 6, 0xC0)]
        let result = try assignment(
            [[function(0), marks[0], function(1), marks[1], function(2), marks[2]]], marks: Set(marks),
            loops: [1, 6], ending: Self.truncated)
        #expect(addresses(result) == [1: [function(0)], 6: [function(1)]] && result.loss == nil)
    }

    @Test("the chains of two interpreters on one stack are put together")
    func subinterpreters() throws {
        let marks = [variable(of: 1), variable(of: 3), variable(of: 5)]
        let result = try assignment(
            [[function(0), marks[0], function(1), marks[2]], [function(2), marks[1]]], marks: Set(marks),
            loops: [1, 3, 5])
        #expect(addresses(result) == [1: [function(0)], 3: [function(2)], 5: [function(1)]] && result.loss == nil)
    }

    // MARK: - Up to 3.10

    /// Of an interpreter whose chain has so many frames, each of which has its address on the stack there.
    private func assignment(
        _ count: Int, savedAt places: [UInt64], loops: [Int], ending: StackEnding = .rootReached, rdi: UInt64 = 0,
        without missing: UInt64? = nil
    ) throws -> CPythonMerge.Assignment {
        let python = try ForgedInterpreter(minor: 8)
        python.memory.put([UInt64](repeating: 0, count: Self.frameCount * 32), at: Self.stackStart)
        python.putHead(function(0))
        python.putFrames((0..<count).map(function))
        for (index, place) in places.enumerated() { python.memory.put(function(index), at: place) }
        if let missing { python.memory.remove(missing..<missing + 0x80) }
        var registers = NativeRegisters()
        registers[.rdi] = rdi
        let stack = stack(of: python, ending: ending, registers: registers)
        let chain = CPythonChain(of: Address(rawValue: ForgedInterpreter.thread), python.layout, in: stack.all)
        return CPythonMerge(stack: stack, loops: loops).assignByAddresses([try #require(chain)])
    }

    @Test("a loop runs the frame whose address it has, or what it called has saved")
    func savedAddresses() throws {
        let result = try assignment(3, savedAt: [variable(of: 1), variable(of: 3), variable(of: 4)], loops: [1, 4, 5])
        #expect(result == CPythonMerge.Assignment(loss: .mismatch))
        let whole = try assignment(2, savedAt: [variable(of: 1), variable(of: 3)], loops: [1, 4])
        #expect(addresses(whole) == [1: [function(0)], 4: [function(1)]] && whole.loss == nil)
    }

    @Test("the innermost loop can have the address in a register alone")
    func addressInRegister() throws {
        let place = variable(of: 4)
        let unused = variable(of: 6, 0x80)
        let result = try assignment(2, savedAt: [unused, place], loops: [1, 4], rdi: function(0))
        #expect(addresses(result) == [1: [function(0)], 4: [function(1)]])
        #expect(try assignment(2, savedAt: [unused, place], loops: [1, 4]).loss == .mismatch)
    }

    @Test("one loop more than frames is one that begins or ends")
    func beginningFrame() throws {
        let result = try assignment(1, savedAt: [variable(of: 4)], loops: [1, 4])
        #expect(addresses(result) == [4: [function(0)]] && result.loss == nil)
    }

    @Test("numbers of loops and frames that don't fit are a mismatch", arguments: [[4], [4, 5, 6, 3, 1]])
    func otherNumbers(loops: [Int]) throws {
        let result = try assignment(2, savedAt: [variable(of: 4), variable(of: 5)], loops: loops.sorted())
        #expect(result == CPythonMerge.Assignment(loss: .mismatch))
    }

    @Test("frames whose addresses are elsewhere are of another time: nothing of the chain is shown")
    func addressElsewhere() throws {
        let result = try assignment(2, savedAt: [variable(of: 1), variable(of: 5)], loops: [1, 4])
        #expect(result == CPythonMerge.Assignment(loss: .mismatch))
    }

    @Test("of a chain or a stack that is cut off, what is known of both is put together from the innermost one")
    func cutOff() throws {
        let places = [variable(of: 1), variable(of: 4)]
        let chain = try assignment(2, savedAt: places, loops: [1, 4], without: function(1))
        #expect(addresses(chain) == [1: [function(0)]] && chain.loss == .tooDeep)
        let stack = try assignment(3, savedAt: places, loops: [1, 4], ending: Self.truncated)
        #expect(addresses(stack) == [1: [function(0)], 4: [function(1)]] && stack.loss == nil)
        let beginning = try assignment(
            3, savedAt: [variable(of: 2), variable(of: 4)], loops: [0, 2, 4], ending: Self.truncated)
        #expect(addresses(beginning) == [2: [function(0)], 4: [function(1)]] && beginning.loss == nil)
    }

    @Test("parts of a chain and of a stack that aren't each other's are not put together")
    func cutOffElsewhere() throws {
        let places = [variable(of: 5), variable(of: 6)]
        #expect(try assignment(3, savedAt: places, loops: [1, 4], ending: Self.truncated).functions.isEmpty)
        // How far up the last frame reaches isn't known.
        let last = [variable(of: 6)]
        #expect(try assignment(2, savedAt: last, loops: [6], ending: Self.truncated).functions.isEmpty)
        #expect(try assignment(1, savedAt: last, loops: [1, 6], ending: Self.truncated).functions.isEmpty)
    }

    @Test("the frames of two interpreters on one stack are put in the order of their loops")
    func subinterpretersBefore311() throws {
        let python = try ForgedInterpreter(minor: 8)
        python.memory.put([UInt64](repeating: 0, count: Self.frameCount * 32), at: Self.stackStart)
        let threads = [ForgedInterpreter.thread, ForgedInterpreter.thread + 0x1000]
        for (thread, frames) in zip(threads, [[2, 3], [0, 1]]) {
            python.putHead(function(frames[0]), ofThread: thread)
            python.putFrames(frames.map(function))
        }
        for index in 0..<4 { python.memory.put(function(index), at: variable(of: index + 1)) }
        let stack = stack(of: python)
        let chains = threads.compactMap { CPythonChain(of: Address(rawValue: $0), python.layout, in: stack.all) }
        let result = CPythonMerge(stack: stack, loops: [1, 2, 3, 4]).assignByAddresses(chains)
        #expect(addresses(result) == [1: [function(0)], 2: [function(1)], 3: [function(2)], 4: [function(3)]])
    }
}
