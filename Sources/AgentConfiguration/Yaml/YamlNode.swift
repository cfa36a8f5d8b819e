/// A place in a text, counted from 1; columns in Unicode scalars.
package struct TextPosition: Hashable, Sendable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value of a YAML document, with its place.
package struct YamlNode: Sendable {
    package indirect enum Content: Sendable {
        /// Text as it stands, whatever its type would be by YAML's rules.
        case scalar(String)
        /// No value at all: nothing after the colon, `~` or `null` without quotes.
        case nothing
        case sequence([YamlNode])
        /// In the order of the document; a key may come twice.
        case mapping([YamlEntry])
    }

    package let content: Content
    package let position: TextPosition
}

/// A key of a mapping and its value.
package struct YamlEntry: Sendable {
    package let key: String
    package let position: TextPosition
    package let value: YamlNode
}

/// What in a text is not YAML, or not of the part of YAML that is read.
package struct YamlProblem: Error, Hashable, Sendable {
    /// `nil`: it concerns the whole text.
    package let position: TextPosition?
    /// A clause without a full stop.
    package let cause: String
}
