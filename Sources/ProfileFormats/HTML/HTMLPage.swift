package import Profiles
import SystemSupport

/// A profile as one interactive page that needs nothing else: flame graphs, callers and callees, a table, and when what
/// was sampled.
///
/// A browser that opens it sends no request; its policy forbids any. The same profile always gives the same bytes. Names
/// are in compressed tables and are inserted as text, so that they can't be markup.
package struct HTMLPage: Sendable {
    private let profile: Profile
    private let grouping: Grouping
    private let orientation: FlameGraph.Orientation

    /// - Parameters:
    ///   - grouping: what the outermost rows are when the page opens.
    ///   - orientation: where roots are when it opens.
    package init(_ profile: Profile, grouping: Grouping, orientation: FlameGraph.Orientation = .flames) {
        self.profile = profile
        self.grouping = grouping
        self.orientation = orientation
    }

    /// The HTML file, in UTF-8.
    package var bytes: [UInt8] {
        let tables = PageTables(profile)
        let times = PageTimes(tables.samples)
        let (tableText, timeText) = (tables.columns.text, times.isEmpty ? nil : times.columns.text)
        let caption = FlameGraphCaption(profile)
        // A name can't contain what is derived from all of them.
        let nonce = [tableText, timeText ?? "", caption.title].reduce(into: FNV1a()) { $0.combine($1.utf8) }.hexadecimal
        let parts = [
            head(caption.title, nonce: nonce),
            "<body class=\"sonde\"\(attributes(times))>\n",
            banner(caption, PageFacts(profile, untimed: times.untimed)),
            PageAssets.markup,
            data("tables", tableText),
            "<script nonce=\"\(nonce)\">\n\(PageAssets.script)</script>\n",
            timeText.map { data("times", $0) } ?? "",
            "</body>\n</html>\n",
        ]
        return parts.flatMap { Array($0.utf8) }
    }

    private func head(_ title: String, nonce: String) -> String {
        let policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src data:; "
            + "base-uri 'none'; form-action 'none'"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <link rel="icon" href="data:,">
            <title>\(XMLText.escaped(title))</title>
            <style nonce="\(nonce)">
            \(PageAssets.styleSheet)\(FlameGraphPalette.styleSheet)</style>
            </head>

            """
    }

    /// What the script needs to know beside the tables.
    private func attributes(_ times: PageTimes) -> String {
        let metadata = profile.metadata
        let attributes: [(String, String)] = [
            ("unit", printable(profile.shownSampleType.unit.name, limit: 32)),
            ("grouping", String(PageTables.groupings.firstIndex(of: grouping) ?? -1)),
            ("orientation", orientation == .flames ? "flames" : "icicles"),
            ("timed", String(!times.isEmpty)),
            ("time-unit", String(times.unitNanoseconds)),
            ("duration", String(max(metadata.durationNanoseconds ?? 0, times.end))),
            ("start", metadata.startNanoseconds.map(String.init) ?? ""),
            ("period", metadata.periodNanoseconds.map(String.init) ?? ""),
        ]
        return attributes.map { " data-\($0.0)=\"\(XMLText.escaped($0.1))\"" }.joined()
    }

    private func banner(_ caption: FlameGraphCaption, _ facts: PageFacts) -> String {
        let rows = facts.facts.map { fact in
            "<dt>\(XMLText.escaped(fact.term))</dt><dd>\(XMLText.escaped(fact.description))</dd>\n"
        }
        return """
            <header>
            <h1>\(XMLText.escaped(caption.title))</h1>
            <details><summary>\(XMLText.escaped(caption.subtitle))</summary>
            <dl>
            \(rows.joined())</dl>
            </details>
            </header>

            """
    }

    private func data(_ name: String, _ text: String) -> String {
        "<script type=\"application/octet-stream\" id=\"\(name)\">\(text)</script>\n"
    }
}

/// The files that are copied into every page.
private enum PageAssets {
    static var markup: String { String(decoding: PackageResources.page_html, as: UTF8.self) }

    static var styleSheet: String { String(decoding: PackageResources.page_css, as: UTF8.self) }

    /// All parts of the script as one, in the order in which they build on each other.
    static var script: String {
        let parts = [
            PackageResources.page_columns_js, PackageResources.page_profile_js, PackageResources.page_tree_js,
            PackageResources.page_text_js, PackageResources.page_flames_js, PackageResources.page_heatmap_js,
            PackageResources.page_functions_js, PackageResources.page_threads_js, PackageResources.page_page_js,
        ]
        return "(() => {\n\"use strict\";\n" + parts.map { String(decoding: $0, as: UTF8.self) }.joined() + "})();\n"
    }
}
