package import ObjectFiles
internal import ProfileModel

extension Unwinder {
    private static let bias: UInt64 = 0x7000_0000_0000

    /// Finds and checks the entry of every description in an object file: an entry for tests of hostile files.
    ///
    /// Bounded in time by the budgets of the object file and of one stack.
    ///
    /// - Returns: how many descriptions could be given to libunwind.
    @discardableResult
    package static func readEverything(of object: ObjectFile) -> Int {
        guard let frames = object.section(named: ".eh_frame") else { return 0 }
        let section = CallFrameSection(form: .exceptionFrames(object))
        var scan = CallFrameScan(section, budget: object.budget, base: frames.address.rawValue)
        let context = UnwindContext(
            addressSpace: AddressSpaceMap([
                Mapping(
                    start: Address(rawValue: bias), end: Address(rawValue: bias + 1 << 32), isReadable: true,
                    isWritable: false, isExecutable: true, fileOffset: 0, backing: .file(path: object.path, object))
            ]), tables: UnwindTableCache())
        var count = 0
        while let found = try? scan.next() {
            if let description = try? section.description(at: found.position),
                (try? SanitizedEntry(description, bias: bias)) != nil
            {
                count += 1
            }
            let start = Address(rawValue: found.start.rawValue &+ bias)
            _ = try? context.code.entry(covering: start)
            describe(context.layouts.layout(at: .programCounter(start)))
        }
        return count
    }

    /// Takes bytes for the code of one function: its frame's layouts, its calls, and what may have called it.
    ///
    /// Bounded in time by the budget of one stack.
    ///
    /// - Returns: how many calls there are in it, at whatever byte decoding begins.
    @discardableResult
    package static func analyseEverything(in code: [UInt8]) -> Int {
        guard let function = LoneFunction(code) else { return 0 }
        let budget = WorkBudget()
        let layouts = FrameLayouts(of: function, budget: budget)
        let calls = CallVerifier(of: function, layouts: layouts, budget: budget)
        let rules = FrameRules(of: function, budget: budget)
        let start = function.extent.range.lowerBound
        _ = layouts.hasIndirectTailCall(function.extent)
        var count = 0
        for offset in code.indices {
            let address = start.advanced(by: UInt64(offset))
            // Each analyses the whole function anew.
            if offset % max(1, code.count / 16) == 0 {
                describe(layouts.layout(at: .programCounter(address)))
                _ = rules.rules(forward: .programCounter(address))
                _ = rules.rule(from: start, to: .programCounter(address))
                _ = rules.hostRules(from: address)
            }
            guard let call = calls.call(before: address) else { continue }
            count += 1
            describe(layouts.layout(at: .returnAddress(address)))
            _ = calls.evidence(of: call, leadingTo: address)
        }
        return count
    }

    private static func describe(_ layout: FrameLayout?) {
        for name in NativeRegisters.Name.allCases { _ = layout?.distance(to: name) }
        _ = layout?.distanceToFrameAddress
    }
}

/// A process that has nothing but one function.
private final class LoneFunction: CodeSource {
    let extent: FunctionExtent
    private let code: [UInt8]

    init?(_ code: [UInt8]) {
        let start: UInt64 = 0x7000_0000_0000
        guard let extent = FunctionExtent(start: start, end: start + UInt64(code.count), beginsWithCall: true) else {
            return nil
        }
        self.extent = extent
        self.code = code
    }

    func bytes(at address: Address, count: Int) -> [UInt8] {
        guard extent.range.contains(address) else { return [] }
        return Array(code.dropFirst(Int(address.rawValue - extent.range.lowerBound.rawValue)).prefix(count))
    }

    func isStable(at address: Address) -> Bool { true }

    func executableRange(containing address: Address) -> Range<Address>? {
        extent.range.contains(address) ? extent.range : nil
    }

    func function(covering address: Address) -> FunctionExtent? { extent.range.contains(address) ? extent : nil }
}
