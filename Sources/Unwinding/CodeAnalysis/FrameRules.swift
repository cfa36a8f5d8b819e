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
    private static let longestCheckedCode: UInt64 = 2048

    /// Instructions of all functions that are kept.
    private static let functionsLimit = 300_000

    private let code: any CodeSource
    private let budget: WorkBudget
    private var forward: [FrameAddress: Checked<[FrameRule]>] = [:]
    private var functions: [Address: Checked<FunctionRules>] = [:]
    private var instructionCount = 0

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
        removeFunctions()
    }

    private func removeFunctions() {
        functions.removeAll()
        instructionCount = 0
    }

    /// The rules by the ways from a frame's next instruction to where its function ends; several where they don't agree.
    func rules(forward address: FrameAddress) -> [FrameRule] {
        if let known = forward[address], isCurrent(known) { return known.value }
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
        if let known = functions[start], isCurrent(known) { return known.value[address] }
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

    /// `nil` where it can't be checked whether it is still true.
    private func checked<Value>(_ value: Value, _ range: Range<Address>, isStable: Bool) -> Checked<Value>? {
        if isStable { return Checked(value: value, code: nil, range: range) }
        guard Self.size(of: range) <= Self.longestCheckedCode else { return nil }
        return Checked(value: value, code: bytes(in: range), range: range)
    }

    private func isCurrent<Value>(_ known: Checked<Value>) -> Bool {
        known.code.map { $0 == bytes(in: known.range) } ?? true
    }

    private var isExhausted: Bool { budget.isExhausted(.decodingBytes) || budget.isExhausted(.followingPaths) }

    private func bytes(in range: Range<Address>) -> [UInt8] {
        code.bytes(at: range.lowerBound, count: Int(Self.size(of: range)))
    }

    private static func size(of range: Range<Address>) -> UInt64 {
        range.upperBound.rawValue - range.lowerBound.rawValue
    }
}
