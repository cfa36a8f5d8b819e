internal import ProfileModel

/// The rules for frames without call frame information, found from code once for each instruction.
///
/// Belongs to one thread.
final class FrameRules {
    /// A rule has some hundred bytes.
    private static let limit = 8192
    /// The way from an instruction to where its function ends is short, but for loops in large functions.
    private static let forwardLimit = 1500
    private static let functionLimit = 6000
    private static let longestCheckedCode: UInt64 = 2048

    private struct Key: Hashable {
        let address: FrameAddress
        /// `nil` for what follows from the code behind the address alone.
        let start: Address?
    }

    private struct Entry {
        let rules: [FrameRule]
        /// What they were found from, where it may change unnoticed: generated code.
        let code: [UInt8]?
        let range: Range<Address>
    }

    private let code: any CodeSource
    private let budget: WorkBudget
    private var entries: [Key: Entry] = [:]

    init(of code: any CodeSource, budget: WorkBudget) {
        self.code = code
        self.budget = budget
    }

    func removeAll() { entries.removeAll() }

    /// The rules by the ways from a frame's next instruction to where its function ends; several where they don't agree.
    func rules(forward address: FrameAddress) -> [FrameRule] {
        rules(Key(address: address, start: nil)) {
            let graph = PathGraph(from: address.value, in: code, budget: budget, limit: Self.forwardLimit)
            let analysis = PathAnalysis(of: graph, from: address.value, budget: budget)
            return (analysis.rulesByEnds(), graph.range)
        }
    }

    /// The rule by the ways from the start of the function; `nil` where they don't lead to the address, or don't
    /// determine it.
    func rule(from start: Address, to address: FrameAddress) -> FrameRule? {
        rules(Key(address: address, start: start)) {
            let graph = PathGraph(from: start, in: code, budget: budget, limit: Self.functionLimit)
            let analysis = PathAnalysis(of: graph, from: start, budget: budget)
            let rule =
                switch address {
                case .programCounter(let pc): analysis.ruleFromStart(at: pc)
                case .returnAddress(let target): analysis.ruleFromStart(behindCallAt: target)
                }
            return (rule.map { [$0] } ?? [], graph.range)
        }.first
    }

    private func rules(_ key: Key, _ find: () -> (rules: [FrameRule], range: Range<Address>)) -> [FrameRule] {
        if let known = entries[key], known.code.map({ $0 == bytes(in: known.range) }) ?? true { return known.rules }
        guard !isExhausted else { return [] }
        let found = find()
        // What was given up is to be tried again for the next stack.
        guard !isExhausted else { return [] }
        let isStable = code.isStable(at: key.address.instruction)
        guard isStable || Self.size(of: found.range) <= Self.longestCheckedCode else { return found.rules }
        if entries.count >= Self.limit { removeAll() }
        entries[key] = Entry(rules: found.rules, code: isStable ? nil : bytes(in: found.range), range: found.range)
        return found.rules
    }

    private var isExhausted: Bool { budget.isExhausted(.decodingBytes) || budget.isExhausted(.followingPaths) }

    private func bytes(in range: Range<Address>) -> [UInt8] {
        code.bytes(at: range.lowerBound, count: Int(Self.size(of: range)))
    }

    private static func size(of range: Range<Address>) -> UInt64 {
        range.upperBound.rawValue - range.lowerBound.rawValue
    }
}
