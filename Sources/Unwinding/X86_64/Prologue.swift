/// The instructions by which a function sets up its frame pointer (Intel SDM volume 2): `push rbp; mov rbp, rsp`.
enum Prologue {
    private static let forms: [[UInt8]] = [[0x55, 0x48, 0x89, 0xe5], [0x55, 0x48, 0x8b, 0xec]]

    /// Of each form, in bytes.
    static let size: UInt64 = 4

    static func lastOffset(in code: [UInt8]) -> Int? {
        guard code.count >= 4 else { return nil }
        return (0...code.count - 4).last { offset in
            code[offset] == 0x55 && forms.contains { code[offset...].starts(with: $0) }
        }
    }
}
