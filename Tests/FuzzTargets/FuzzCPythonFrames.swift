import ProfileModel
import Runtimes

/// The frames of a thread, and the native stack that they go into: the version, the stack, then the words of both.
func fuzzCPythonFrames(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let version = CPythonVersion(3, 6 + Int(input.byte() % 7))
    guard let layout = CPythonLayout.known(for: version) else { preconditionFailure("no layout of \(version)") }
    var stack = FuzzedStack(from: &input)
    stack.copied = input.rest.map(FuzzedStack.word)
    let (native, loops) = (stack.native, stack.loops)
    let chains = stack.threads.compactMap { CPythonChain(of: $0, layout, in: native.all) }
    for chain in chains { precondition(chain.loops.reduce(0) { $0 + 1 + $1.functions.count } <= 1 << 15) }
    let merge = CPythonMerge(stack: native, loops: loops)
    check(merge.assignByAnchors(chains), of: chains, loops)
    check(merge.assignByAddresses(chains), of: chains, loops)
    if let first = chains.first {
        checkOrder(merge.assignByAnchors([first]), of: first)
        checkOrder(merge.assignByAddresses([first]), of: first)
    }
}

private func check(_ assignment: CPythonMerge.Assignment, of chains: [CPythonChain], _ loops: [Int]) {
    precondition(assignment.functions.keys.allSatisfy { (0..<FuzzedStack.frameCount).contains($0) })
    precondition(assignment.cut.isSubset(of: assignment.functions.keys))
    let unknown = loops.filter { assignment.functions[$0] == nil }
    precondition(assignment.loss != nil || unknown.isEmpty || unknown == [loops[0]])
    precondition(assignment.loss != nil || assignment.cut.isEmpty)
    if assignment.loss == .mismatch, !chains.isEmpty { precondition(assignment.cut.isEmpty || !unknown.isEmpty) }
}

/// What is shown of one chain is in its own order, and each frame once.
private func checkOrder(_ assignment: CPythonMerge.Assignment, of chain: CPythonChain) {
    let shown = assignment.functions.sorted { $0.key < $1.key }.flatMap(\.value)
    var rest = chain.loops.flatMap(\.functions)[...]
    for frame in shown {
        guard let index = rest.firstIndex(of: frame) else { preconditionFailure("out of order") }
        rest = rest[(index + 1)...]
    }
}

/// A stack of a few frames, and a heap, of words that lead into both.
private struct FuzzedStack {
    static let frameCount = 12
    private static let wordsOfFrame = 8
    private static let start: UInt64 = 0x7000_0000
    private static let heap: UInt64 = 0x10_0000
    private static let stackWords = frameCount * wordsOfFrame

    let loops: [Int]
    private let ending: StackEnding
    private let pointers: [Address]
    private let hasLeaf: Bool
    /// The stack's words, then the heap's.
    var copied: [UInt64] = []

    init(from input: inout FuzzInput) {
        let (shape, low, high) = (input.byte(), input.byte(), input.byte())
        let bits = UInt16(low) | UInt16(high) << 8
        loops = (0..<Self.frameCount).filter { bits >> UInt16($0) & 1 == 1 }
        ending = shape & 1 == 0 ? .rootReached : .truncated(.beyondCopiedStack(Address(rawValue: Self.start)))
        hasLeaf = shape & 2 == 0
        // Of a stack that goes on on another one, frames aren't in the order of their addresses.
        let first = Int(shape >> 2) % Self.frameCount
        pointers = (0..<Self.frameCount).map { index in
            let place = (index + first) % Self.frameCount
            return Address(rawValue: Self.start + UInt64(8 * Self.wordsOfFrame * place))
        }
    }

    /// A byte is a place on the stack, one in the heap, or a small number in each byte of the word.
    static func word(_ byte: UInt8) -> UInt64 {
        switch byte {
        case 0..<96: start + 8 * UInt64(byte)
        case 96..<224: heap + 8 * UInt64(byte - 96)
        default: UInt64(byte - 224) * 0x0101_0101_0101_0101
        }
    }

    var threads: [Address] { [Address(rawValue: Self.heap), Address(rawValue: Self.heap + 0x80)] }

    var native: NativeStack {
        let instruction = Address(rawValue: 0x40_0000)
        let frames = (0..<Self.frameCount).map { index in
            RawFrame(
                address: index == 0 && hasLeaf ? .programCounter(instruction) : .returnAddress(instruction),
                location: .unmapped(instruction))
        }
        let words = copied.map { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
        let stack = StackWindow(
            base: Address(rawValue: Self.start), bytes: Array(words.prefix(Self.stackWords).joined()))
        let heap = StackWindow(
            base: Address(rawValue: Self.heap), bytes: Array(words.dropFirst(Self.stackWords).joined()))
        return NativeStack(
            RawStack(frames: frames, ending: ending), stackPointers: pointers,
            extent: Address(rawValue: Self.start)..<Address(rawValue: Self.start + UInt64(8 * Self.stackWords)),
            registers: NativeRegisters(), windows: [stack], interpreter: [heap], time: 1)
    }
}
