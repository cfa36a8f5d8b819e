import Foundation
import GRDB

/// Milliseconds on the store's own clock, which only grows: what orders, groups and expires all that is stored.
///
/// It follows `CLOCK_MONOTONIC` within an `ClockEpoch`, so that jumps of the wall clock move nothing.
struct StoreTime: Hashable, Comparable, Sendable {
    let milliseconds: Int64

    /// 0 for one that no clock can show.
    init(seconds: Double) {
        self.init(milliseconds: Int64(exactly: (seconds * 1000).rounded()) ?? 0)
    }

    /// Kept within what sums of two times can't exceed, whatever a damaged file contains.
    init(milliseconds: Int64) { self.milliseconds = min(max(milliseconds, -Self.furthest), Self.furthest) }

    /// 140,000 years.
    private static let furthest: Int64 = 1 << 52

    static let zero = StoreTime(milliseconds: 0)

    static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    var seconds: Double { Double(milliseconds) / 1000 }

    /// The start of the span that it lies in.
    func start(of span: Span) -> StoreTime {
        let remainder = milliseconds % span.milliseconds
        return StoreTime(milliseconds: milliseconds - (remainder < 0 ? remainder + span.milliseconds : remainder))
    }

    func advanced(by seconds: Double) -> StoreTime {
        StoreTime(milliseconds: milliseconds + StoreTime(seconds: seconds).milliseconds)
    }
}

/// What collections are summed up over.
enum Span: String, CaseIterable, Sendable {
    case fiveMinutes = "five_minutes"
    case hour = "hours"

    var seconds: Double { self == .hour ? 3600 : 300 }
    var milliseconds: Int64 { self == .hour ? 3_600_000 : 300_000 }
    /// Its table in the database.
    var table: String { rawValue }
}

/// A text as the store keeps it: UTF-8 with whatever characters, cut when it is too long.
func storedText(_ text: String) -> Data {
    let bytes = text.utf8
    guard bytes.count > CollectionWriter.longestText else { return Data(bytes) }
    var end = bytes.index(bytes.startIndex, offsetBy: CollectionWriter.longestText)
    // At a character's start, so that what is left is UTF-8.
    while bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return Data(bytes[..<end])
}

extension Row {
    /// Throws where a damaged file has a value of another type or out of range.
    func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(at index: Int) throws -> Value {
        try decode(atIndex: index)
    }

    func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>(at index: Int) throws -> Value? {
        try decode(Value?.self, atIndex: index)
    }

    func time(at index: Int) throws -> StoreTime { StoreTime(milliseconds: try value(at: index)) }

    func bytes(at index: Int) throws -> [UInt8] { [UInt8](try decode(Data.self, atIndex: index)) }

    /// What `storedText` made; empty for NULL.
    func text(at index: Int) throws -> String {
        String(decoding: try decode(Data?.self, atIndex: index) ?? Data(), as: UTF8.self)
    }
}

extension StoreTime {
    /// The time that a query gives, with another time for its placeholder.
    static func fetch(_ query: String, _ argument: StoreTime? = nil, from database: Database) throws -> StoreTime? {
        let arguments = argument.map { StatementArguments([$0.milliseconds]) } ?? StatementArguments()
        let found = try Int64.fetchOne(database.cachedStatement(sql: query), arguments: arguments)
        return found.map { StoreTime(milliseconds: $0) }
    }
}
