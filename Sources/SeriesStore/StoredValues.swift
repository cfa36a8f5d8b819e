import Foundation
import GRDB

/// A text as the store keeps it: UTF-8 with whatever characters, cut when it is too long.
func storedText(_ text: String) -> Data {
    let bytes = text.utf8
    guard bytes.count > LookWriter.longestText else { return Data(bytes) }
    var end = bytes.index(bytes.startIndex, offsetBy: LookWriter.longestText)
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
