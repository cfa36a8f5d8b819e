import Foundation
import FoundationXML

/// What an XML parser finds in a flame graph.
struct SVGFile {
    struct Box {
        let title: String
        let left: Double
        let width: Double
        let height: Double
    }

    struct NotWellFormed: Error {
        let line: Int
    }

    let attributes: [String: String]
    /// Row by row from the root.
    let rows: [[Box]]
    let texts: [String]

    init(parsing svg: String) throws {
        let reader = SVGReader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        guard parser.parse() else { throw NotWellFormed(line: parser.lineNumber) }
        attributes = reader.attributes
        rows = reader.rows
        texts = reader.texts
    }
}

private final class SVGReader: NSObject, XMLParserDelegate {
    var attributes: [String: String] = [:]
    var rows: [[SVGFile.Box]] = []
    var texts: [String] = []
    private var classes: [String] = []
    private var title = ""
    private var characters = ""

    private var isInGraph: Bool { classes.contains("rows") }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if name == "svg" { self.attributes = attributes }
        if name == "g", classes.last == "rows" { rows.append([]) }
        if name == "rect", isInGraph, !rows.isEmpty { rows[rows.count - 1].append(box(attributes)) }
        classes.append(attributes["class"] ?? "")
        characters = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { characters += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        classes.removeLast()
        if name == "title" { title = characters }
        if name == "text" { texts.append(characters) }
    }

    private func box(_ attributes: [String: String]) -> SVGFile.Box {
        func number(_ name: String) -> Double { attributes[name].flatMap(Double.init) ?? .nan }
        return SVGFile.Box(
            title: title, left: number("x"), width: number("width"), height: number("height"))
    }
}
