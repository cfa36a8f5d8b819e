internal import ProfileModel

/// The layouts of frames, found once for each function.
struct FrameLayouts {
    /// One layout has about half a kilobyte.
    private static let limit = 8192

    private struct Function {
        var analysis = FrameAnalysis.Result()
        /// Instructions that are no calls, and were asked for.
        var wanted: Set<Address> = []
    }

    private var functions: [Address: Function] = [:]
    private var count = 0

    mutating func removeAll() {
        functions.removeAll()
        count = 0
    }

    /// The layout of a frame that is about to go on at `address`; `nil` when its code doesn't tell.
    mutating func layout(at address: FrameAddress, in memory: UnwindMemory) -> FrameLayout? {
        guard let extent = memory.function(covering: address.instruction), extent.beginsWithCall else { return nil }
        let known = functions[extent.range.lowerBound]
        if let layout = known?.analysis.layouts[address.value] { return layout }
        guard case .programCounter(let pc) = address else {
            return known == nil ? analyse(extent, in: memory).layouts[address.value] : nil
        }
        guard known?.wanted.contains(pc) != true else { return nil }
        return analyse(extent, at: pc, in: memory).layouts[pc]
    }

    /// Whether a function may end by an indirect jump to another one.
    mutating func hasIndirectTailCall(_ extent: FunctionExtent, in memory: UnwindMemory) -> Bool {
        guard extent.beginsWithCall else { return true }
        let known = functions[extent.range.lowerBound]?.analysis
        return (known ?? analyse(extent, in: memory)).hasIndirectTailCall
    }

    private mutating func analyse(
        _ extent: FunctionExtent, at pc: Address? = nil, in memory: UnwindMemory
    ) -> FrameAnalysis.Result {
        let start = extent.range.lowerBound
        var function = functions[start] ?? Function()
        let countBefore = function.analysis.layouts.count
        if let pc { function.wanted.insert(pc) }
        if let code = FunctionCode(of: extent.range, in: memory) {
            function.analysis = FrameAnalysis.result(of: code, at: function.wanted)
        }
        guard !memory.isDecodingExhausted else { return function.analysis }
        if count > Self.limit { removeAll() }
        // One for the function itself: those without layouts count, too.
        count += 1 + max(0, function.analysis.layouts.count - countBefore)
        functions[start] = function
        return function.analysis
    }
}
