internal import ObjectFiles
internal import SystemSupport

/// The namespaces, types and functions of a unit that functions are declared in, by the offsets of their entries.
struct NameScopes {
    struct Scope {
        let entry: UInt64
        let isNamespace: Bool
        /// What it is declared in itself.
        fileprivate let outer: Int32?
        /// Behind its last child.
        fileprivate var end: UInt64
    }

    private struct OpenEntry {
        let entry: UInt64
        let depth: Int
        let isNamespace: Bool
        /// In `scopes`, once a function was found in it.
        var number: Int32?
    }

    /// In the order of their entries.
    private var scopes: ReservedArray<Scope>
    private var open: [OpenEntry] = []
    private let endOfUnit: UInt64

    init(endOfUnit: UInt64, _ reservation: MemoryReservation) {
        scopes = ReservedArray(reservation)
        self.endOfUnit = endOfUnit
    }

    /// Begins an entry with children, whatever it is.
    mutating func open(_ tag: UInt64, at entry: UInt64, depth: Int) {
        switch tag {
        case Tag.namespace, Tag.structureType, Tag.classType, Tag.unionType, Tag.subprogram:
            open.append(OpenEntry(entry: entry, depth: depth, isNamespace: tag == Tag.namespace))
        default: break
        }
    }

    /// Ends the entry of a depth.
    mutating func close(depth: Int, at end: UInt64) {
        guard let last = open.last, last.depth == depth else { return }
        open.removeLast()
        if let number = last.number { scopes[Int(number)].end = end }
    }

    /// Keeps the open entries, since a function is in them.
    mutating func keepOpen() throws(DebugInfoError) {
        guard var position = open.indices.last, open[position].number == nil else { return }
        while position > 0, open[position - 1].number == nil { position -= 1 }
        for index in open[position...].indices {
            let number = Int32(clamping: scopes.elements.count)
            try scopes.append(
                Scope(
                    entry: open[index].entry, isNamespace: open[index].isNamespace,
                    outer: index > 0 ? open[index - 1].number : nil, end: endOfUnit))
            open[index].number = number
        }
    }

    /// What an entry is declared in.
    func scope(of entry: UInt64) -> Scope? {
        let elements = scopes.elements
        var scope = elements[..<elements.partitionPoint { $0.entry < entry }].last
        while let inner = scope, inner.end <= entry { scope = inner.outer.map { elements[Int($0)] } }
        return scope
    }
}

extension FunctionEntries {
    /// A function's name as it was written, with what it is declared in where no linker's name says that.
    func qualifiedName(of function: Function, in index: UnitIndex) -> String? {
        guard var name = function.name, function.linkageName == nil else { return function.name }
        var inner = function
        for _ in 0..<Self.longestQualification {
            guard name.utf8.count < Self.longestName, let entry = inner.declaration(in: index.entries),
                let scope = index.scopes.names.scope(of: entry)
            else { break }
            inner = self.function(at: scope.entry, in: index.entries)
            name = "\(inner.name ?? Self.placeholder(of: scope, around: name))::\(name)"
        }
        return name
    }

    /// What stands for a scope without a name, such as GCC's types of lambdas.
    private static func placeholder(of scope: NameScopes.Scope, around name: String) -> String {
        if scope.isNamespace { return "(anonymous namespace)" }
        return name.hasPrefix("operator()") ? "{lambda}" : "{unnamed}"
    }

    /// An entry that damage makes part of itself has no end.
    private static let longestQualification = 64
    private static let longestName = 1 << 16
}
