/// Text from a process, made fit for a terminal and for one line.
///
/// Control and format characters (line ends, escape sequences, changes of direction) become `\u{…}`.
package func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            result.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
        default: result.append(scalar)
        }
    }
    return String(result)
}
