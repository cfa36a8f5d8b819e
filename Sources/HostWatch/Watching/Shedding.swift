/// What is left out for as long as looking costs more than it may.
package struct Shedding: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let proportional = Shedding(rawValue: 1 << 0)
    package static let connections = Shedding(rawValue: 1 << 1)
    package static let disk = Shedding(rawValue: 1 << 2)
    package static let descriptors = Shedding(rawValue: 1 << 3)

    /// From the costliest for what it tells to the last that is given up.
    package static let inOrder: [Shedding] = [.proportional, .connections, .disk, .descriptors]

    /// In words, as `LookCost` lists it.
    package var names: [String] {
        zip(Self.inOrder, ["proportional", "connections", "disk", "descriptors"])
            .compactMap { contains($0) ? $1 : nil }
    }
}
