internal import ProfileModel

/// The rules for frames without call frame information, found from code once for each instruction.
///
/// Belongs to one thread.
final class FrameRules {
    /// A rule has some hundred bytes.
    private static let limit = 8192
    /// The way from an instruction to where its function ends is short, but for loops in large functions.
    private static let forwardLimit = 500
    private static let functionLimit = 6000
    private static let largestGeneratedFunction: UInt64 = 128 * 1024

    /// Instructions of all functions that are kept.
    private static let functionsLimit = 300_000

    private let code: any CodeSource
    private let budget: WorkBudget
    private var forward: [FrameAddress: Checked<[FrameRule]>] = [:]
    private var functions: [Address: Checked<FunctionRules>] = [:]
    private var instructionCount = 0
    private var frameStarts: [Address: Address?] = [:]

    /// What was found from code.
    private struct Checked<Value> {
        let value: Value
        /// Where it may change unnoticed, in generated code.
        let code: [UInt8]?
        let range: Range<Address>
    }

    init(of code: any CodeSource, budget: WorkBudget) {
        self.code = code
        self.budget = budget
    }

    func removeAll() {
        forward.removeAll()
        frameStarts.removeAll()
        removeFunctions()
    }

    private func removeFunctions() {
        functions.removeAll()
        instructionCount = 0
    }

    /// The rules by the ways from a frame's next instruction to where its function ends; several where they don't agree.
    func rules(forward address: FrameAddress) -> [FrameRule] {
        if let known = forward[address], isCurrent(known, at: address.value) { return known.value }
        guard !isExhausted else { return [] }
        let graph = PathGraph(from: address.value, in: code, budget: budget, limit: Self.forwardLimit)
        let rules = PathAnalysis(of: graph, from: address.value, budget: budget).rulesByEnds()
        // What was given up is to be tried again for the next stack.
        guard !isExhausted else { return [] }
        if forward.count >= Self.limit { forward.removeAll() }
        forward[address] = checked(rules, graph.range, isStable: code.isStable(at: address.instruction))
        return rules
    }

    /// The rule by the ways from the start of the function; `nil` where they don't lead to the address, or don't
    /// determine it.
    func rule(from start: Address, to address: FrameAddress) -> FrameRule? {
        if let known = functions[start], isCurrent(known, at: address.value) { return known.value[address] }
        guard !isExhausted else { return nil }
        let graph = PathGraph(from: start, in: code, budget: budget, limit: Self.functionLimit)
        let rules = PathAnalysis(of: graph, from: start, budget: budget).rulesFromStart()
        guard !isExhausted else { return nil }
        if instructionCount >= Self.functionsLimit { removeFunctions() }
        // One for the function itself: those without rules count, too.
        instructionCount += 1 + rules.count
        functions[start] = checked(rules, graph.range, isStable: code.isStable(at: start))
        return rules[address]
    }

    /// Where the function that generated code belongs to sets up its frame pointer: the nearest place below.
    ///
    /// It is the function's only if the way from there leads to the address.
    func frameStart(before address: Address) -> Address? {
        if let known = frameStarts[address] { return known }
        let start = findFrameStart(before: address)
        guard !isExhausted else { return nil }
        if frameStarts.count >= Self.limit { frameStarts.removeAll() }
        frameStarts[address] = .some(start)
        return start
    }

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

    /// `nil` where it can't be checked whether it is still true.
    private func checked<Value>(_ value: Value, _ range: Range<Address>, isStable: Bool) -> Checked<Value>? {
        if isStable { return Checked(value: value, code: nil, range: range) }
        guard range.upperBound.rawValue - range.lowerBound.rawValue <= Self.largestGeneratedFunction else { return nil }
        let bytes = code.bytes(at: range.lowerBound, count: Int(range.upperBound.rawValue - range.lowerBound.rawValue))
        return Checked(value: value, code: bytes, range: range)
    }

    /// Whether the code around an address, and where the paths began, is what it was.
    private func isCurrent<Value>(_ known: Checked<Value>, at address: Address) -> Bool {
        guard let old = known.code else { return true }
        let place = max(known.range.lowerBound, address.lowered(by: 16))
        // There is nothing to compare where the paths never came.
        return [known.range.lowerBound, place].filter(known.range.contains).allSatisfy { place in
            let offset = Int(place.rawValue - known.range.lowerBound.rawValue)
            let expected = old.dropFirst(offset).prefix(Self.checkedSize)
            return expected.elementsEqual(code.bytes(at: place, count: expected.count))
        }
    }

    private static let checkedSize = 48

    private var isExhausted: Bool { budget.isExhausted(.decodingBytes) || budget.isExhausted(.followingPaths) }
}
