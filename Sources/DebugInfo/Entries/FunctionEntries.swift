internal import ObjectFiles

/// What entries of functions say of them, with what they refer to: an abstract origin, a declaration.
///
/// Belongs to one thread.
final class FunctionEntries {
    /// A file's units, or the only unit of a split file.
    enum Place {
        case units(DwarfUnits)
        case alternate(DwarfUnits)
        /// With the number of its other half.
        case split(UnitContext, number: Int)

        fileprivate func context(containing offset: UInt64) throws(DebugInfoError) -> UnitContext {
            switch self {
            case .units(let units), .alternate(let units): return try units.context(containing: offset)
            case .split(let context, _):
                guard context.header.range.contains(offset) else {
                    throw try context.sections[.info].damage(at: offset)
                }
                return context
            }
        }

        fileprivate var number: Int {
            switch self {
            case .units: 0
            case .alternate: 1
            case .split(_, let number): number + 2
            }
        }
    }

    /// Where the entry of a function is, in all files with the debug information of one object file.
    struct Key: Hashable {
        fileprivate let place: Int
        fileprivate let offset: UInt64

        /// The same in each process that reads the same file.
        var hash: UInt64 { (UInt64(place) &* 0x9e37_79b9_7f4a_7c15) ^ offset }
    }

    /// A function as its entries describe it.
    struct Function {
        /// The entry that all copies of the function, inlined or not, refer to.
        fileprivate(set) var origin: Key
        /// The entry that declares it: the last one that these refer to.
        fileprivate var declaration: Key
        fileprivate(set) var linkageName: String?
        /// As it was written.
        fileprivate(set) var name: String?
        /// Where it is declared, from 1.
        fileprivate(set) var line: Int?
        fileprivate(set) var column: UInt64?

        fileprivate init(at key: Key) { (origin, declaration) = (key, key) }

        /// The offset of the entry that declares it; `nil` where that is in another file.
        func declaration(in place: Place) -> UInt64? {
            declaration.place == place.number ? declaration.offset : nil
        }

        /// Whether a call of the function in itself is none that was written.
        ///
        /// GCC moves what follows a function's first return into a part of its own, which it may inline again. The place
        /// of that call is the function's name.
        func isContinued(by scope: ScopeTree.Scope) -> Bool {
            guard let line, let column else { return false }
            return Int(scope.callLine) == line && UInt64(scope.callColumn) == column
        }
    }

    private let alternate: () -> DwarfUnits?
    private let budget: DebugInfoBudget
    private var reservation: MemoryReservation?
    private var known: [Key: Function] = [:]
    /// Entries that can't be read.
    private var unread: Set<Key> = []

    /// - Parameter alternate: the units of the file that dwz(1) moved what several files share to.
    init(budget: DebugInfoBudget, alternate: @escaping () -> DwarfUnits?) {
        self.budget = budget
        self.alternate = alternate
    }

    /// The function of the entry at an offset of `.debug_info`; as much of it as can be read.
    func function(at offset: UInt64, in place: Place) -> Function {
        let key = Key(place: place.number, offset: offset)
        if unread.contains(key) { return Function(at: key) }
        let result = budget.reading { () throws(DebugInfoError) in try function(key, in: place, hops: 0) }
        if let function = try? result.get() { return function }
        // So that it isn't tried for each address.
        if unread.count < Self.unreadCapacity { unread.insert(key) }
        return Function(at: key)
    }

    /// Gives back the memory of what can be read again.
    func discard() { (known, unread, reservation) = ([:], [], nil) }

    private func function(_ key: Key, in place: Place, hops: Int) throws(DebugInfoError) -> Function {
        if let function = known[key] { return function }
        var found = Function(at: key)
        let read = try undamaged { () throws(DebugInfoError) -> (Entry, UnitContext)? in
            guard hops < Self.hopLimit else { return nil }
            let context = try place.context(containing: key.offset)
            return (try entry(at: key.offset, of: context), context)
        }
        if let (entry, context) = read {
            found.linkageName = entry.linkageName.flatMap { text($0, context) }
            found.name = entry.name.flatMap { text($0, context) }
            found.line = entry.line.flatMap { Int(exactly: $0) }
            found.column = entry.column
            if let next = try follow(entry, from: place, hops) { found.complete(from: next, entry.refersToOrigin) }
        }
        keep(found, key)
        return found
    }

    private func keep(_ function: Function, _ key: Key) {
        let size = (function.linkageName?.utf8.count ?? 0) + (function.name?.utf8.count ?? 0) + Self.fixedSize
        if known.count >= Self.capacity { discard() }
        reservation = reservation ?? (try? budget.reserve())
        // What there is no memory for is read again.
        if (try? reservation?.grow(by: size)) != nil { known[key] = function }
    }

    private func follow(_ entry: Entry, from place: Place, _ hops: Int) throws(DebugInfoError) -> Function? {
        switch entry.reference {
        case .reference(let target):
            return try function(Key(place: place.number, offset: target), in: place, hops: hops + 1)
        case .alternateReference(let target):
            guard let units = alternate() else { return nil }
            let place = Place.alternate(units)
            return try function(Key(place: place.number, offset: target), in: place, hops: hops + 1)
        default: return nil
        }
    }

    private func text(_ place: TextPlace, _ context: UnitContext) -> String? {
        context.references.text(place, alternate: alternate()?.sections)
    }

    private struct Entry {
        var name: TextPlace?
        var linkageName: TextPlace?
        var line: UInt64?
        var column: UInt64?
        /// The abstract origin, or else the declaration.
        var reference: AttributeValue?
        var refersToOrigin = false
    }

    private func entry(at offset: UInt64, of context: UnitContext) throws(DebugInfoError) -> Entry {
        let section = try context.sections[.info]
        do throws(DebugInfoError) {
            return try entry(try section.reader(at: offset), context)
        } catch {
            if case .budgetExhausted = error { throw error }
            // With a long name or expression in it.
            let rest = min(Self.longest, context.header.range.upperBound - offset)
            return try entry(try section.reader(at: offset, count: rest), context)
        }
    }

    private func entry(_ start: DwarfReader, _ context: UnitContext) throws(DebugInfoError) -> Entry {
        var reader = start
        guard let declaration = context.abbreviations[try reader.unsigned()] else { throw reader.damage }
        var entry = Entry()
        for attribute in context.abbreviations.attributes[declaration.attributes] {
            let value = try AttributeValue(
                attribute.form, constant: attribute.constant, &reader, context.header.encoding,
                unit: context.header.range.lowerBound)
            switch attribute.name {
            case AttributeName.name: entry.name = value.text
            case AttributeName.linkageName, AttributeName.mipsLinkageName: entry.linkageName = value.text
            case AttributeName.declarationLine: entry.line = value.number
            case AttributeName.declarationColumn: entry.column = value.number
            case AttributeName.abstractOrigin:
                entry.reference = value
                entry.refersToOrigin = true
            case AttributeName.specification: entry.reference = entry.reference ?? value
            default: break
            }
        }
        return entry
    }

    /// A clone refers to its function, which refers to its declaration.
    private static let hopLimit = 16
    private static let longest: UInt64 = 1 << 20
    private static let capacity = 1 << 16
    private static let unreadCapacity = 1 << 12
    /// What an entry of `known` takes beside its texts.
    private static let fixedSize = 256
}

extension FunctionEntries.Function {
    /// Adds what the entry says that it refers to.
    fileprivate mutating func complete(from next: Self, _ isOrigin: Bool) {
        if isOrigin { origin = next.origin }
        declaration = next.declaration
        linkageName = linkageName ?? next.linkageName
        name = name ?? next.name
        // A place as a whole.
        if line == nil { (line, column) = (next.line, next.column) }
    }
}
