internal import Profiles

/// Text that a name must contain; without upper-case letters in it, case doesn't matter.
struct NameFilter: Sendable {
    let text: String
    private let isExact: Bool

    init(_ text: String) {
        self.text = text
        isExact = text.contains(where: \.isUppercase)
    }

    var isEmpty: Bool { text.isEmpty }

    func matches(_ name: String) -> Bool {
        isEmpty || (isExact ? name : name.lowercased()).contains(isExact ? text : text.lowercased())
    }

    func matches(_ label: CallTree.Label) -> Bool { matches(label.name.text) }
}
