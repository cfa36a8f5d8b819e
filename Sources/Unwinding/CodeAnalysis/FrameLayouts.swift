internal import ProfileModel

/// The layouts of frames, found once for each function.
///
/// Belongs to one thread.
final class FrameLayouts {
    /// One layout has about half a kilobyte.
    private static let limit = 8192

    private struct Function {
        var analysis = FrameAnalysis.Result()
        /// Instructions that are no calls, and whose layouts were requested.
        var wanted: Set<Address> = []
    }

    private let code: any CodeSource
    private let budget: WorkBudget
    private var functions: [Address: Function] = [:]
    private var count = 0

    init(of code: any CodeSource, budget: WorkBudget) {
        self.code = code
        self.budget = budget
    }

    func removeAll() {
        functions.removeAll()
        count = 0
    }

    /// The layout of a frame that is about to go on at `address`; `nil` when its code doesn't determine it.
    func layout(at address: FrameAddress) -> FrameLayout? {
        guard let extent = code.function(covering: address.instruction), extent.beginsWithCall else { return nil }
        let known = functions[extent.range.lowerBound]
        if let layout = known?.analysis.layouts[address.value] { return layout }
        guard case .programCounter(let pc) = address else {
            return known == nil ? analyse(extent).layouts[address.value] : nil
        }
        guard known?.wanted.contains(pc) != true else { return nil }
        return analyse(extent, at: pc).layouts[pc]
    }

    /// Whether a function may end by an indirect jump to another one.
    func hasIndirectTailCall(_ extent: FunctionExtent) -> Bool {
        guard extent.beginsWithCall else { return true }
        let known = functions[extent.range.lowerBound]?.analysis
        return (known ?? analyse(extent)).hasIndirectTailCall
    }

    private func analyse(_ extent: FunctionExtent, at pc: Address? = nil) -> FrameAnalysis.Result {
        let start = extent.range.lowerBound
        var function = functions[start] ?? Function()
        let countBefore = function.analysis.layouts.count
        if let pc, function.wanted.count < Self.limit { function.wanted.insert(pc) }
        if let code = FunctionCode(of: extent.range, in: code, budget: budget) {
            function.analysis = FrameAnalysis.result(of: code, at: function.wanted, budget: budget)
        }
        // What was given up is to be tried again for the next stack.
        guard !budget.isExhausted(.decodingBytes), !budget.isExhausted(.followingPaths) else {
            return function.analysis
        }
        if count > Self.limit { removeAll() }
        // One for the function itself: those without layouts count, too.
        count += 1 + max(0, function.analysis.layouts.count - countBefore)
        functions[start] = function
        return function.analysis
    }
}
