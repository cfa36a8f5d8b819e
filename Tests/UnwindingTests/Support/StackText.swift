import ObjectFiles
import ProfileModel

/// Stacks as the lines of a fixture: `0x1234 libc.so.6 after a call`.
enum StackText {
    static func lines(_ stack: RawStack, in map: AddressSpaceMap) -> [String] {
        stack.frames.map { line($0.address, in: map) }
    }

    static func line(_ address: FrameAddress, in map: AddressSpaceMap) -> String {
        let value = address.value
        // A return address may be the first behind its function's mapping.
        let found = map.object(at: address.instruction)
        let name = found.map { $0.object.path.split(separator: "/").last.map(String.init) ?? $0.object.path }
        return "\(hexadecimal(value.rawValue &- (found?.bias ?? 0))) \(name ?? "?")"
    }

    static func ending(_ ending: StackEnding) -> String {
        switch ending {
        case .rootReached: "root reached"
        case .truncated(let reason): "truncated: \(reason.label)"
        }
    }
}
