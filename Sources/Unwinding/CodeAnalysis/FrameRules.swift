internal import ProfileModel

/// The rules for frames without call frame information, found from code once for each instruction.
///
/// Belongs to one thread.
final class FrameRules {
    /// A rule has some hundred bytes.
    private static let limit = 8192
    /// The way from an instruction to where its function ends is short, but for loops in large functions.
    private static let forwardLimit = 500
    /// Compilers of runtimes inline more, and what they generate is followed from its start only where that is known.
    private static let generatedLimit = 2000
    private static let functionLimit = 6000
    /// Functions that do no more than jump to other code on their frame have some dozen instructions.
    private static let hostLimit = 64
    private static let largestGeneratedFunction: UInt64 = 128 * 1024

    /// Instructions of all functions that are kept.
    private static let functionsLimit = 300_000

    private let code: any CodeSource
    private let budget: WorkBudget
    private var forward = CodeResults<FrameAddress, ForwardRules>(limit: limit)
    private var functions = CodeResults<Address, FunctionRules>(limit: functionsLimit)
    private var hosts = CodeResults<Address, [FrameRule]>(limit: limit)
    private var frameStarts = CodeResults<Address, Address?>(limit: limit)

    /// The rules by the ways from a frame's next instruction to where its function ends.
    struct ForwardRules {
        /// Several where the ways don't agree.
        let rules: [FrameRule]
        /// Whether all ways were followed.
        let isComplete: Bool
        let exits: JumpExits?
    }

    init(of code: any CodeSource, budget: WorkBudget) {
        self.code = code
        self.budget = budget
    }

    func removeAll() {
        forward.removeAll()
        functions.removeAll()
        hosts.removeAll()
        frameStarts.removeAll()
    }

    /// How much memory the code takes that is kept.
    var codeSize: Int { forward.codeSize + functions.codeSize + hosts.codeSize + frameStarts.codeSize }

    /// The rules by the ways from a frame's next instruction to where its function ends.
    func rules(forward address: FrameAddress) -> ForwardRules {
        if let known = forward.value(of: address, for: [address.value], in: code) { return known }
        let unknown = ForwardRules(rules: [], isComplete: false, exits: nil)
        guard !isExhausted else { return unknown }
        let limit = code.isStable(at: address.value) ? Self.forwardLimit : Self.generatedLimit
        let graph = PathGraph(from: address.value, in: code, budget: budget, limit: limit)
        let analysis = PathAnalysis(of: graph, from: address.value, budget: budget)
        let (rules, exits) = (analysis.rulesByEnds(), analysis.jumpExits())
        // What was given up is to be tried again for the next stack.
        guard !isExhausted else { return unknown }
        let found = ForwardRules(rules: rules, isComplete: graph.isComplete, exits: exits)
        forward.keep(found, of: address, cost: 1, from: graph, in: code)
        return found
    }

    /// The rule by the ways from the start of the function; `nil` where they don't lead to the address, or don't
    /// determine it.
    func rule(from start: Address, to address: FrameAddress) -> FrameRule? {
        if let known = functions.value(of: start, for: [start, address.instruction], in: code) {
            return known[address]
        }
        guard !isExhausted else { return nil }
        let graph = PathGraph(from: start, in: code, budget: budget, limit: Self.functionLimit)
        let rules = PathAnalysis(of: graph, from: start, budget: budget).rulesFromStart()
        guard !isExhausted else { return nil }
        // One for the function itself: those without rules count, too.
        functions.keep(rules, of: start, cost: 1 + rules.count, from: graph, in: code)
        return rules[address]
    }

    /// The rules for the frame of the function that begins at `start`, when it jumps to where its caller says.
    func hostRules(from start: Address) -> [FrameRule] {
        if let known = hosts.value(of: start, for: [start], in: code) { return known }
        guard !isExhausted else { return [] }
        let graph = PathGraph(from: start, in: code, budget: budget, limit: Self.hostLimit)
        let isLeft = graph.nodes.values.contains { $0.instruction.targetRegister != nil }
        let analysis = graph.isComplete && isLeft ? PathAnalysis(of: graph, from: start, budget: budget) : nil
        let rules = analysis?.rulesAtGivenJumps() ?? []
        guard !isExhausted else { return [] }
        hosts.keep(rules, of: start, cost: 1, from: graph, in: code)
        return rules
    }

    /// Where the function that generated code belongs to sets up its frame pointer: the nearest place below.
    ///
    /// It is the function's only if the way from there leads to the address.
    func frameStart(before address: Address) -> Address? {
        if let known = frameStarts.value(of: address, for: [address], in: code) { return known }
        let start = findFrameStart(before: address)
        guard !isExhausted else { return nil }
        frameStarts.keep(start, of: address, cost: 1, at: address, from: extent(from: start, to: address), in: code)
        return start
    }

    /// The code by which a start is compared: its instructions, and what is nearest below the address.
    ///
    /// Code between them that changes can hide a nearer start, and is on the way from this one, whose rule is compared
    /// by it.
    private func extent(from start: Address?, to address: Address) -> [Range<Address>] {
        guard let mapping = code.executableRange(containing: address) else { return [] }
        let near = max(mapping.lowerBound, address.lowered(by: min(Self.comparedSize, address.rawValue)))
        let end = min(mapping.upperBound, address.advanced(by: Prologue.size))
        guard let start else { return [near..<end] }
        let startEnd = start.advanced(by: Prologue.size)
        return startEnd >= near ? [start..<max(startEnd, end)] : [start..<startEnd, near..<end]
    }

    private static let comparedSize: UInt64 = 512

    private func findFrameStart(before address: Address) -> Address? {
        let size = min(Self.largestGeneratedFunction, address.rawValue)
        guard let range = code.executableRange(containing: address) else { return nil }
        let low = max(range.lowerBound, address.lowered(by: size))
        var high = address.advanced(by: 1)
        while low < high, budget.allows(.decodingBytes, Self.chunk / 8) {
            let start = max(low, high.rawValue > UInt64(Self.chunk) ? high.lowered(by: UInt64(Self.chunk)) : low)
            let bytes = code.bytes(at: start, count: Int(high.rawValue - start.rawValue) + 3)
            if let offset = Prologue.lastOffset(in: bytes) { return start.advanced(by: UInt64(offset)) }
            high = start
        }
        return nil
    }

    private static let chunk = 2048

    private var isExhausted: Bool { budget.isExhausted(.decodingBytes) || budget.isExhausted(.followingPaths) }
}
