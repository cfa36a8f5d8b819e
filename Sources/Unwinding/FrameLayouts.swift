internal import ProfileModel

/// The layouts of frames, found once for each function.
struct FrameLayouts {
    /// One layout has about half a kilobyte.
    private static let limit = 8192

    private struct Function {
        var layouts: [Address: FrameLayout]
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
        let start = extent.range.lowerBound
        if let known = functions[start] {
            if let layout = known.layouts[address.value] { return layout }
            guard case .programCounter(let pc) = address, !known.wanted.contains(pc) else { return nil }
        }
        var function = functions[start] ?? Function(layouts: [:])
        if case .programCounter(let pc) = address { function.wanted.insert(pc) }
        if let code = FunctionCode(of: extent.range, in: memory) {
            function.layouts = FrameAnalysis.layouts(of: code, at: function.wanted)
        }
        keep(function, start)
        return function.layouts[address.value]
    }

    private mutating func keep(_ function: Function, _ start: Address) {
        if count > Self.limit { removeAll() }
        // One for the function itself: those without layouts count, too.
        count += 1 + function.layouts.count - (functions[start]?.layouts.count ?? 0)
        functions[start] = function
    }
}
