extension CallTree.Label {
    /// A label of a row that no call tree has made.
    package init(_ name: Spelling, of kind: CallTree.RowKind) { self.init(name: name, kind: kind) }
}
