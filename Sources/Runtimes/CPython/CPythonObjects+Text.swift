package import ProfileModel
internal import SystemSupport

extension CPythonObjects {
    /// The most characters that are read of a text.
    package static let textLimit = 4096

    /// A str, made printable; of one that is longer than `limit` the beginning and `…`.
    package func text(at address: Address, limit: Int = Self.textLimit) throws(RuntimeReadError) -> String {
        // One more than is shown, so that it is seen that there are more.
        PrintableText.escaped(try firstCharacters(of: address, limit: limit + 1).text, limit: limit)
    }

    /// The first characters of a str, at most `limit`, and how many it has.
    func firstCharacters(of address: Address, limit: Int) throws(RuntimeReadError) -> (text: String, count: Int) {
        let header = try textHeader(at: address)
        guard try type(of: address).flags.contains(.text) else { throw .implausible(address, expected: "a str") }
        let count = min(header.length, limit)
        let bytes = try memory.allBytes(at: header.characters, count: count * header.width)
        var scalars = String.UnicodeScalarView()
        for index in 0..<count {
            let value = bytes.littleEndianWord(at: index * header.width, count: header.width)
            scalars.append(Unicode.Scalar(UInt32(value)) ?? "\u{FFFD}")
        }
        return (String(scalars), header.length)
    }

    /// Whether an object is the str of these ASCII characters.
    func isText(_ name: String, at address: Address) throws(RuntimeReadError) -> Bool {
        let header = try textHeader(at: address)
        guard header.length == name.utf8.count, header.width == 1 else { return false }
        return try memory.allBytes(at: header.characters, count: header.length) == Array(name.utf8)
    }

    private struct TextHeader {
        let length: Int
        /// Bytes of a character.
        let width: Int
        let characters: Address
    }

    private func textHeader(at address: Address) throws(RuntimeReadError) -> TextHeader {
        let fields = layout.text
        let bytes = try memory.allBytes(at: address, count: fields.state + 4)
        let length = Int(truncatingIfNeeded: bytes.littleEndianWord(at: fields.length))
        let state = bytes.littleEndianWord(at: fields.state, count: 4) >> fields.kindBit
        let width = Int(state & 7)
        let (isCompact, isASCII) = (state >> 3 & 1 == 1, state >> 4 & 1 == 1)
        guard length >= 0, width == 1 || !isASCII && (width == 2 || width == 4) else {
            throw .implausible(address, expected: "a str")
        }
        if isCompact {
            let characters = isASCII ? fields.asciiCharacters : fields.characters
            return TextHeader(length: length, width: width, characters: address.offset(by: characters))
        }
        // Of a class that is derived from str: a pointer is in the place of the characters.
        guard let characters = try memory.pointer(at: address, offset: fields.characters) else {
            throw .implausible(address, expected: "a str")
        }
        return TextHeader(length: length, width: width, characters: characters)
    }
}
