internal import ObjectFiles

/// What entries of functions say of them, with what they refer to: an abstract origin, a declaration.
///
/// Belongs to one thread.
final class FunctionEntries {
    /// A file's units, or the only unit of a split file.
    enum Place {
        case units(DwarfUnits)
        case unit(UnitContext)

        fileprivate func context(containing offset: UInt64) throws(DebugInfoError) -> UnitContext {
            switch self {
            case .units(let units): return try units.context(containing: offset)
            case .unit(let context):
                guard context.header.range.contains(offset) else {
                    throw try context.sections[.info].damage(at: offset)
                }
                return context
            }
        }
    }

    /// A function as its entries describe it.
    struct Function {
        /// As the linker knows it, or else as it was written.
        fileprivate(set) var linkageName: String?
        fileprivate(set) var plainName: String?
        /// Where it is declared, from 1.
        fileprivate(set) var line: Int?

        var name: String? { linkageName ?? plainName }
    }

    private struct Key: Hashable {
        let file: ObjectIdentifier
        let offset: UInt64
    }

    private let alternate: () -> DwarfUnits?
    private var known: [Key: Function] = [:]
    /// What `known` takes.
    private var bytes = 0

    /// - Parameter alternate: the units of the file that dwz(1) moved what several files share to.
    init(alternate: @escaping () -> DwarfUnits?) { self.alternate = alternate }

    /// The function of the entry at an offset of `.debug_info`; as much of it as can be read.
    func function(at offset: UInt64, in place: Place) -> Function { function(at: offset, in: place, hops: 0) }

    private func function(at offset: UInt64, in place: Place, hops: Int) -> Function {
        guard hops < Self.hopLimit, let context = try? place.context(containing: offset) else { return Function() }
        let key = Key(file: ObjectIdentifier(context.sections), offset: offset)
        if let function = known[key] { return function }
        var found = Function()
        if let entry = try? entry(at: offset, of: context) {
            found = Function(
                linkageName: entry.linkageName.flatMap { text($0, context) },
                plainName: entry.name.flatMap { text($0, context) }, line: entry.line.flatMap { Int(exactly: $0) })
            if let next = follow(entry, from: place, hops) {
                found.linkageName = found.linkageName ?? next.linkageName
                found.plainName = found.plainName ?? next.plainName
                found.line = found.line ?? next.line
            }
        }
        keep(found, key)
        return found
    }

    private func keep(_ function: Function, _ key: Key) {
        let size = (function.linkageName?.utf8.count ?? 0) + (function.plainName?.utf8.count ?? 0) + Self.fixedSize
        if bytes + size > Self.capacity { (known, bytes) = ([:], 0) }
        known[key] = function
        bytes += size
    }

    private func follow(_ entry: Entry, from place: Place, _ hops: Int) -> Function? {
        switch entry.reference {
        case .reference(let target): return function(at: target, in: place, hops: hops + 1)
        case .alternateReference(let target):
            return alternate().map { function(at: target, in: .units($0), hops: hops + 1) }
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
        /// The abstract origin, or else the declaration.
        var reference: AttributeValue?
    }

    private func entry(at offset: UInt64, of context: UnitContext) throws(DebugInfoError) -> Entry {
        let section = try context.sections[.info]
        do throws(DebugInfoError) {
            return try entry(try section.reader(at: offset), context)
        } catch {
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
            case AttributeName.abstractOrigin: entry.reference = value
            case AttributeName.specification: entry.reference = entry.reference ?? value
            default: break
            }
        }
        return entry
    }

    /// A clone refers to its function, which refers to its declaration.
    private static let hopLimit = 16
    private static let longest: UInt64 = 1 << 20
    /// Bytes of what is known.
    private static let capacity = 16 << 20
    private static let fixedSize = 128
}
