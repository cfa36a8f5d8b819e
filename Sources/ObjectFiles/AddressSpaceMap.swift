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
        let content: Content
        let copy: CopiedCode?
    }

    fileprivate enum Content: Sendable, Hashable {
        case file(ObjectID, bias: UInt64)
        case generated
    }

    /// Takes mappings in any order; the kernel's don't overlap.
    package init(_ mappings: [Mapping]) {
        let sorted = mappings.sorted { $0.start < $1.start }
        self.mappings = sorted
        code = sorted.filter(\.isExecutable).map { mapping in
            CodeRange(
                start: mapping.start.rawValue, end: mapping.end.rawValue, content: Content(mapping), copy: mapping.copy)
        }
    }

    package func mapping(containing address: Address) -> Mapping? {
        guard let index = Self.last(in: mappings, where: { $0.start <= address }) else { return nil }
        return mappings[index].contains(address) ? mappings[index] : nil
    }

    /// Whether the same code is at the same addresses.
    package func hasSameCode(as other: AddressSpaceMap) -> Bool { code == other.code }

    /// Where an instruction comes from.
    package func location(of address: Address) -> CodeLocation {
        let value = address.rawValue
        guard let index = Self.last(in: code, where: { $0.start <= value }), value < code[index].end else {
            return .unmapped(address)
        }
        if let copy = code[index].copy, let place = copy.fileAddress(of: address) {
            return .object(copy.object.id, place)
        }
        switch code[index].content {
        case .file(let object, let bias): return .object(object, FileAddress(rawValue: value &- bias))
        case .generated: return .anonymous(address)
        }
    }

    /// The object file whose code is mapped at `address`, and the bias that its addresses have there.
    package func object(at address: Address) -> (object: ObjectFile, bias: UInt64)? {
        guard let mapping = mapping(containing: address) else { return nil }
        if let copy = mapping.copy, copy.fileAddress(of: address) != nil { return (copy.object, copy.bias) }
        guard let object = mapping.backing.object, let bias = mapping.bias else { return nil }
        return (object, bias)
    }

    /// The index of the last element that satisfies a predicate which holds for a prefix of `elements`.
    private static func last<Element>(in elements: [Element], where holds: (Element) -> Bool) -> Int? {
        let count = elements.partitionPoint(where: holds)
        return count == 0 ? nil : count - 1
    }
}

extension AddressSpaceMap.Content {
    fileprivate init(_ mapping: Mapping) {
        switch (mapping.backing, mapping.bias) {
        case (.file(_, let object?), let bias?), (.vdso(let object?), let bias?): self = .file(object.id, bias: bias)
        case (.plainFile(_, let file), let bias?): self = .file(file, bias: bias)
        default: self = .generated
        }
    }
}

// MARK: - Joining ranges with files

extension AddressSpaceMap {
    /// Joins ranges with the object files behind them.
    ///
    /// - Parameters:
    ///   - object: `nil` where the file of that number can't be read, or isn't an object file.
    ///   - read: reads the process's memory; without it, code that was copied into memory isn't recognised.
    package init(
        _ ranges: [MappedRange], object: (ObjectID) -> ObjectFile?, read: CopiedCode.ProcessCode? = nil
    ) {
        let placements = Dictionary(grouping: ranges.filter { $0.object != nil }, by: \.object)
            .compactMapValues { ranges in
                ranges.first?.object.flatMap(object).map { ($0, ObjectPlacement(of: $0, at: ranges)) }
            }
        let mappings = ranges.sorted { $0.start < $1.start }.map { range in
            guard let (object, placement) = placements[range.object] else { return Mapping(range, nil, bias: nil) }
            return Mapping(range, object, bias: placement.bias(at: range))
        }
        self.init(read.map { Self.recognisingCopies(mappings, read: $0) } ?? mappings)
    }

    /// Notes of executable memory next to mappings of another object file that it is in the place of that one's code.
    private static func recognisingCopies(_ mappings: [Mapping], read: @escaping CopiedCode.ProcessCode) -> [Mapping] {
        func others(_ order: some Sequence<Int>) -> [Int: Int] {
            MappingNeighbours.otherFiles(order, isExecutable: { mappings[$0].isExecutable }) { index in
                PlacedObject(mappings[index])
            }
        }
        let (before, after) = (others(mappings.indices), others(mappings.indices.reversed()))
        return mappings.indices.map { index in
            let mapping = mappings[index]
            let neighbours = [before[index], after[index]].compactMap { $0.flatMap { PlacedObject(mappings[$0]) } }
            guard let original = neighbours.first(where: { $0.hasCode(in: mapping) }) else { return mapping }
            return mapping.holding(CopiedCode(of: original.object, bias: original.bias, read: read))
        }
    }

    private struct PlacedObject: Equatable {
        let object: ObjectFile
        let bias: UInt64

        /// `nil` where no opened file is mapped, or where the loader put it is unknown.
        init?(_ mapping: Mapping) {
            guard case .file(_, let object?) = mapping.backing, let bias = mapping.bias else { return nil }
            (self.object, self.bias) = (object, bias)
        }

        func hasCode(in mapping: Mapping) -> Bool {
            object.segments.contains { segment in
                let start = segment.address.rawValue &+ bias
                return segment.isExecutable && start < mapping.end.rawValue
                    && mapping.start.rawValue < start &+ segment.fileSize
            }
        }
    }
}
