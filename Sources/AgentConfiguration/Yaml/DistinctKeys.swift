/// A YAML text in which keys that come twice were made different, so that the library reads all the rest of it too.
///
/// The first character of such a key is replaced by one of a private plane: lines and columns stay what they were.
struct DistinctKeys {
    private var scalars: [Unicode.Scalar]
    private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]
    /// Whether the text has no characters of that plane itself.
    private let isUnambiguous: Bool

    private static let plane: ClosedRange<UInt32> = 0xF0000...0xFFFFD
    private static let mostKeys = 16

    init(in text: String) {
        scalars = Array(text.unicodeScalars)
        isUnambiguous = !scalars.contains { Self.plane.contains($0.value) }
    }

    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Replaces the key that begins there; `false` where that can't be done.
    mutating func makeDistinct(at position: TextPosition) -> Bool {
        guard isUnambiguous, originals.count < Self.mostKeys, var index = index(of: position),
            let substitute = Unicode.Scalar(Self.plane.lowerBound + UInt32(originals.count))
        else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, Self.isPlain(scalars[index]) else { return false }
        originals[substitute] = scalars[index]
        scalars[index] = substitute
        return true
    }

    /// The key as the text has it.
    func original(of key: String) -> String {
        guard let first = key.unicodeScalars.first, let original = originals[first] else { return key }
        var view = String.UnicodeScalarView([original])
        view.append(contentsOf: key.unicodeScalars.dropFirst())
        return String(view)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar))
    }

    private func index(of position: TextPosition) -> Int? {
        var line = 1
        var column = 1
        for index in scalars.indices {
            if line == position.line, column == position.column { return index }
            if scalars[index] == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return nil
    }
}
