internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// The frames of a thread, from structures made for the test.
@Suite("Chains of CPython's frames")
struct CPythonChainTests {
    private let frames: [UInt64] = (0..<5).map { 0x30_0000 + 0x100 * $0 }

    @Test("up to 3.10 each frame has a loop of its own")
    func framesOfTheirOwn() throws {
        let python = try ForgedInterpreter(minor: 8)
        python.putHead(frames[0])
        python.putFrames(frames)
        let chain = try #require(python.chain())
        #expect(chain.functions == frames.map { [$0] } && chain.isComplete)
        #expect(chain.anchors.allSatisfy { $0 == nil })
    }

    @Test("in 3.11 control frames on the stack lead to the frames of their loops")
    func controlledLoops() throws {
        let python = try ForgedInterpreter(minor: 11)
        let controls: [UInt64] = [0x7000_0100, 0x7000_0900]
        python.putHead(controls[0])
        python.putControl(at: controls[0], frame: frames[0], previous: controls[1])
        python.putControl(at: controls[1], frame: frames[2], previous: ForgedInterpreter.thread + 300)
        python.putFrames(frames, marks: [frames[1], frames[4]])
        let chain = try #require(python.chain())
        #expect(chain.functions == [Array(frames[0...1]), Array(frames[2...4])] && chain.isComplete)
        #expect(chain.anchors == controls)
    }

    @Test(
        "functions that lead past the first one of their loop, or not to it, are not known",
        arguments: [
            [], [0], [1, 2], [0, 1],
        ])
    func wrongCaller(entries: [Int]) throws {
        let python = try ForgedInterpreter(minor: 11)
        let controls: [UInt64] = [0x7000_0100, 0x7000_0900]
        python.putHead(controls[0])
        python.putControl(at: controls[0], frame: frames[0], previous: controls[1])
        python.putControl(at: controls[1], frame: frames[3], previous: ForgedInterpreter.thread + 300)
        python.putFrames(frames, marks: Set(entries.map { frames[$0] } + [frames[4]]))
        let chain = try #require(python.chain())
        #expect(chain.functions == [[], Array(frames[3...4])])
        #expect(chain.loops.map(\.isCut) == [true, false] && !chain.isComplete)
    }

    @Test("a control frame whose variable is not set yet is passed over", arguments: [11, 12])
    func unsetControl(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        let controls: [UInt64] = [0x7000_0100, 0x7000_0900]
        python.putHead(controls[0])
        // What was there before.
        python.putControl(at: controls[0], frame: frames[3], previous: controls[1])
        python.putControl(at: controls[1], frame: frames[0], previous: ForgedInterpreter.thread + 300)
        python.putFrames(frames, marks: [frames[4]])
        let chain = CPythonChain(
            of: Address(rawValue: ForgedInterpreter.thread), python.layout, in: python.memory.copied(),
            innermost: { control, _ in
                control.rawValue == controls[0] ? .isUnset(outer: Address(rawValue: controls[1])) : .isSet
            })
        let functions = Array(minor == 12 ? frames[0...3] : frames[0...4])
        #expect(try #require(chain).functions == [functions])
    }

    @Test("from 3.12 on a loop's functions end with its mark", arguments: [12, 13])
    func markedLoops(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        python.putFrames(frames, marks: [frames[2], frames[4]])
        let chain = try #require(python.chain())
        #expect(chain.functions == [Array(frames[0...1]), [frames[3]]] && chain.isComplete)
        #expect(chain.anchors == [frames[2], frames[4]])
    }

    @Test("a loop that begins or ends runs no function", arguments: [12, 13])
    func emptyLoop(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        python.putFrames(frames, marks: [frames[0], frames[4]])
        #expect(try #require(python.chain()).functions == [[], Array(frames[1...3])])
    }

    @Test("functions without the mark of their loop are no whole chain", arguments: [12, 13])
    func missingMark(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        python.putFrames(frames, marks: [frames[1]])
        let chain = try #require(python.chain())
        #expect(chain.functions == [[frames[0]]] && !chain.isComplete)
    }

    @Test("of a chain whose outer frames were not copied, the inner loops are known", arguments: [8, 11, 12, 13])
    func cutChain(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        python.putFrames(frames, marks: [frames[1], frames[4]])
        python.memory.remove(frames[3]..<frames[3] + 0x80)
        let chain = try #require(python.chain())
        let expected = [8: frames[0...2].map { [$0] }, 11: [Array(frames[0...1]), [frames[2]]]][minor]
        #expect(chain.functions == expected ?? [[frames[0]], [frames[2]]] && !chain.isComplete)
        #expect(chain.loops.map(\.isCut) == (minor == 8 ? [false, false, false] : [false, true]))
    }

    @Test("of a thread state that was not copied, there is no chain", arguments: [8, 11, 12, 13])
    func missingThread(minor: Int) throws { #expect(try ForgedInterpreter(minor: minor).chain() == nil) }

    @Test(
        "pointers to nowhere and to themselves end a chain, which is not whole", arguments: [8, 11, 12, 13],
        [1, 8, 0x30_0100, 0x7FFF_FFFF_FFFF_FFF8, UInt64.max])
    func wildPointer(minor: Int, pointer: UInt64) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        python.putFrames(Array(frames[0...1]))
        python.putFrame(at: frames[1], previous: pointer)
        let chain = try #require(python.chain())
        #expect(!chain.isComplete && chain.loops.count <= 1 << 14)
        python.putHead(pointer)
        #expect(python.chain()?.isComplete != true)
    }

    @Test("functions of a chain that leads to itself, or to no address, are those of no loop", arguments: [11, 12, 13])
    func endlessLoop(minor: Int) throws {
        let python = try ForgedInterpreter(minor: minor)
        putHead(frames[0], of: python)
        for end in [frames[0], 12345, UInt64.max << 32] {
            python.putFrames(Array(frames[0...1]))
            python.putFrame(at: frames[1], previous: end)
            #expect(try #require(python.chain()).functions.allSatisfy(\.isEmpty))
        }
    }

    /// Each of very many loops with as many frames as a thread can have would be work for minutes.
    @Test("control frames in a circle cost no more than one long chain", .timeLimit(.minutes(1)))
    func controlsInCircle() throws {
        let python = try ForgedInterpreter(minor: 11)
        let many = (0..<800).map { 0x30_0000 + 0x100 * UInt64($0) }
        python.putHead(0x7000_0100)
        python.putControl(at: 0x7000_0100, frame: many[0], previous: 0x7000_0100)
        python.putFrames(many, marks: [many[799]])
        let chain = try #require(python.chain())
        #expect(!chain.isComplete && chain.loops.reduce(0) { $0 + $1.functions.count } <= 1 << 14)
    }

    /// One control frame in the versions that have them.
    private func putHead(_ frame: UInt64, of python: ForgedInterpreter) {
        guard case .controlFrame = python.layout.thread.frames else { return python.putHead(frame) }
        let controls: [UInt64] = [0x7000_0100, 0x7000_0900]
        python.putHead(controls[0])
        python.putControl(at: controls[0], frame: frame, previous: controls[1])
        python.putControl(at: controls[1], frame: frames[2], previous: ForgedInterpreter.thread + 300)
    }
}
