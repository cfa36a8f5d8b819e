package import ProfileModel
internal import SystemSupport

/// The mappings of a process at one moment, in the order of their addresses.
package struct AddressSpaceMap: Sendable, Hashable {
    package let mappings: [Mapping]
    /// The executable mappings alone, in a form that is quick to search: each frame of each sample looks here.
    private let code: [CodeRange]

    private struct CodeRange: Sendable, Hashable {
        let start: UInt64
        let end: UInt64
        /// `nil` for generated code, and for code of a file that could not be opened.
        let object: ObjectID?
        let bias: UInt64
    }

    /// Takes mappings in any order; the kernel's don't overlap.
    package init(_ mappings: [Mapping]) {
        let sorted = mappings.sorted { $0.start < $1.start }
        self.mappings = sorted
        code = sorted.filter(\.isExecutable).map { mapping in
            let object = mapping.bias == nil ? nil : mapping.backing.object?.id
            return CodeRange(
                start: mapping.start.rawValue, end: mapping.end.rawValue, object: object, bias: mapping.bias ?? 0)
        }
    }

    /// Joins ranges with the object files behind them.
    ///
    /// - Parameter object: `nil` where the file of that number can't be read.
    package init(_ ranges: [MappedRange], object: (ObjectID) -> ObjectFile?) {
        self.init(ranges.map { range in Mapping(range, range.object.flatMap(object)) })
    }

    package func mapping(containing address: Address) -> Mapping? {
        guard let index = Self.last(in: mappings, where: { $0.start <= address }) else { return nil }
        return mappings[index].contains(address) ? mappings[index] : nil
    }

    /// Whether the same code is at the same addresses.
    package func hasSameCode(as other: AddressSpaceMap) -> Bool { code == other.code }

    /// The first address after the mapping that holds `address`.
    package func end(ofMappingContaining address: Address) -> Address? {
        guard let index = Self.last(in: mappings, where: { $0.start <= address }), address < mappings[index].end else {
            return nil
        }
        return mappings[index].end
    }

    /// Where an instruction comes from.
    ///
    /// Code of a file that could not be opened is `.anonymous`: there is no object file to look it up in.
    package func location(of address: Address) -> CodeLocation {
        let value = address.rawValue
        guard let index = Self.last(in: code, where: { $0.start <= value }), value < code[index].end else {
            return .unmapped(address)
        }
        guard let object = code[index].object else { return .anonymous(address) }
        return .object(object, FileAddress(rawValue: value &- code[index].bias))
    }

    /// The object file whose code is mapped at `address`, and the bias that its addresses have there.
    package func object(at address: Address) -> (object: ObjectFile, bias: UInt64)? {
        guard let mapping = mapping(containing: address), let object = mapping.backing.object,
            let bias = mapping.bias
        else { return nil }
        return (object, bias)
    }

    /// The index of the last element that satisfies a predicate which holds for a prefix of `elements`.
    private static func last<Element>(in elements: [Element], where holds: (Element) -> Bool) -> Int? {
        let count = elements.partitionPoint(where: holds)
        return count == 0 ? nil : count - 1
    }
}
