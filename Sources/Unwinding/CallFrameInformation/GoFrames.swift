internal import ObjectFiles
internal import ProfileModel

/// Frame descriptions made of the stack depths in a Go program's own table.
struct GoFrames {
    private let functions: GoFunctionTable

    /// The return address is at the frame's address less 8.
    private static let common = CommonInformation(
        codeAlignment: 1, dataAlignment: -8, returnAddressColumn: NativeRegisters.returnAddressColumn,
        isSignalFrame: false, pointerEncoding: .absolute, hasAugmentationData: false,
        instructions: NativeRegisters.frameAddressAfterCall + [
            CallFrameOpcode.offset | UInt8(NativeRegisters.returnAddressColumn), 1,
        ])

    init(of functions: GoFunctionTable) { self.functions = functions }

    /// `nil` where the table has no function, or no depths for it.
    func description(covering address: FileAddress) -> FrameDescription? {
        guard let function = functions.function(covering: address), let (depths, end) = function.stackDepths else {
            return nil
        }
        let found = FrameDescription(
            start: function.range.lowerBound, end: end, common: Self.common, instructions: Self.instructions(depths))
        return found.contains(address) ? found : nil
    }

    private static func instructions(_ depths: [GoFunction.StackDepth]) -> [UInt8] {
        var bytes: [UInt8] = []
        var (place, depth) = (depths.first?.start, UInt32(0))
        for row in depths {
            if let place, row.start > place { appendAdvance(row.start.rawValue - place.rawValue, to: &bytes) }
            place = row.start
            guard row.depth != depth else { continue }
            bytes.append(CallFrameOpcode.defineFrameAddressOffset)
            appendNumber(UInt64(row.depth) + 8, to: &bytes)
            // Whether and where a function with a frame has saved it isn't in the table.
            if (row.depth == 0) != (depth == 0) {
                bytes += [
                    row.depth == 0 ? CallFrameOpcode.sameValue : CallFrameOpcode.undefined,
                    UInt8(NativeRegisters.Name.framePointer.rawValue),
                ]
            }
            depth = row.depth
        }
        return bytes
    }

    private static func appendAdvance(_ distance: UInt64, to bytes: inout [UInt8]) {
        if distance < 0x40 {
            bytes.append(CallFrameOpcode.advance | UInt8(distance))
        } else {
            bytes.append(CallFrameOpcode.advance4)
            for shift in stride(from: UInt64(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: distance >> shift))
            }
        }
    }

    private static func appendNumber(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Call frame instructions (DWARF 5, section 6.4.2).
private enum CallFrameOpcode {
    static let advance: UInt8 = 0x40
    static let advance4: UInt8 = 0x04
    static let offset: UInt8 = 0x80
    static let undefined: UInt8 = 0x07
    static let sameValue: UInt8 = 0x08
    static let defineFrameAddressOffset: UInt8 = 0x0e
}
