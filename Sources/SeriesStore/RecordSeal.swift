/// A check over a record and over the other columns of its row: SQLite itself doesn't see a changed byte in a value.
///
/// FNV-1a of 32 bits (Fowler, Noll and Vo), little endian, as the record's last bytes.
struct RecordSeal {
    static let size = 4

    private let state: UInt32

    init(time: StoreTime, era: Int64, wall: Double, monotonic: Double = 0) {
        let columns = [
            UInt64(bitPattern: time.milliseconds), UInt64(bitPattern: era), wall.bitPattern, monotonic.bitPattern,
        ]
        var state: UInt32 = 0x811C_9DC5
        for column in columns {
            for shift in stride(from: 0, to: 64, by: 8) {
                state = Self.next(state, UInt8(truncatingIfNeeded: column >> UInt64(shift)))
            }
        }
        self.state = state
    }

    func seal(of content: ArraySlice<UInt8>) -> [UInt8] {
        let sum = content.reduce(state, Self.next)
        return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }

    private static func next(_ state: UInt32, _ byte: UInt8) -> UInt32 { (state ^ UInt32(byte)) &* 0x0100_0193 }
}
