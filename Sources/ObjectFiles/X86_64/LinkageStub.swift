internal import SystemSupport

/// An entry of a procedure linkage table as linkers for x86-64 write it (psABI, "Procedure Linkage Table").
struct LinkageStub {
    enum Target: Equatable {
        /// `jmp *slot(%rip)`: the place in memory that holds the function's address.
        case slot(UInt64)
        /// `push $index; jmp`: the relocation that the first call resolves, and where the resolver's stub begins.
        case relocation(UInt64, resolver: UInt64)
    }

    let start: UInt64
    let size: UInt64
    let target: Target

    /// The entry that `address` lies in.
    ///
    /// - Parameter read: up to so many bytes of code at an address.
    init?(around address: UInt64, read: (UInt64, Int) -> [UInt8]) {
        // Entries of eight bytes are aligned to eight, others to sixteen or, in statically linked programs, to eight.
        for start in [address & ~7, address & ~15, (address & ~7) &- 8] {
            if let stub = LinkageStub(at: start, read(start, 16)), address - start < stub.size {
                self = stub
                return
            }
        }
        return nil
    }

    private init?(at start: UInt64, _ code: [UInt8]) {
        var position = code.starts(with: Self.endbr64) ? Self.endbr64.count : 0
        // mold's entries put the index of the relocation into r11 first.
        if code.dropFirst(position).starts(with: [0x41, 0xbb]) { position += 6 }
        let isBound = code.dropFirst(position).first == Self.boundPrefix
        position += isBound ? 1 : 0
        if code.dropFirst(position).starts(with: [0xff, 0x25]) {
            guard let distance = code.value(of: Int32.self, at: position + 2) else { return nil }
            let isShort = position == 0 && code.dropFirst(6).starts(with: [0x66, 0x90])
            self.init(
                start: start, size: isShort ? 8 : 16,
                target: .slot(start &+ UInt64(position + 6) &+ UInt64(bitPattern: Int64(distance))))
            return
        }
        guard !isBound, code.dropFirst(position).first == 0x68,
            let index = code.value(of: UInt32.self, at: position + 1)
        else { return nil }
        position += 5
        position += code.dropFirst(position).first == Self.boundPrefix ? 1 : 0
        guard code.dropFirst(position).first == 0xe9, let distance = code.value(of: Int32.self, at: position + 1) else {
            return nil
        }
        self.init(
            start: start, size: 16,
            target: .relocation(
                UInt64(index), resolver: start &+ UInt64(position + 5) &+ UInt64(bitPattern: Int64(distance))))
    }

    private init(start: UInt64, size: UInt64, target: Target) {
        self.start = start
        self.size = size
        self.target = target
    }

    /// Whether code is the stub that calls the resolver: `push 8(got); jmp *16(got)`.
    static func isResolver(_ code: [UInt8]) -> Bool {
        let isBound = code.dropFirst(6).first == boundPrefix
        return code.starts(with: [0xff, 0x35]) && code.dropFirst(isBound ? 7 : 6).starts(with: [0xff, 0x25])
    }

    private static let endbr64: [UInt8] = [0xf3, 0x0f, 0x1e, 0xfa]
    /// `bnd`, of the abandoned Memory Protection Extensions.
    private static let boundPrefix: UInt8 = 0xf2
}
