import SystemSupport

/// The text of a page: a head, what is said of the recording, tables, and the script that shows them.
struct PageDocument {
    let caption: FlameGraphCaption
    let facts: [PageFacts.Fact]
    /// What makes the page's content uncertain.
    var warnings: [String] = []
    /// What the script needs to know beside the tables.
    let attributes: [(name: String, value: String)]
    /// The compressed columns that the script reads first, by the IDs of their elements.
    let tables: [(id: String, text: String)]
    /// Those that it reads once the page is drawn.
    var times: String?

    /// The HTML file, in UTF-8.
    var bytes: [UInt8] {
        // A name can't contain what is derived from all of them.
        let nonce = (tables.map(\.text) + [times ?? "", caption.title])
            .reduce(into: FNV1a()) { $0.combine($1.utf8) }.hexadecimal
        let parts =
            [head(nonce: nonce), "<body class=\"sonde\"\(attributeText)>\n", banner, PageAssets.markup]
            + tables.map { data($0.id, $0.text) }
            + [
                "<script nonce=\"\(nonce)\">\n\(PageAssets.script)</script>\n", times.map { data("times", $0) } ?? "",
                "</body>\n</html>\n",
            ]
        return parts.flatMap { Array($0.utf8) }
    }

    private func head(nonce: String) -> String {
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
            <title>\(XMLText.escaped(caption.title))</title>
            <style nonce="\(nonce)">
            \(PageAssets.styleSheet)</style>
            </head>

            """
    }

    private var attributeText: String {
        attributes.map { " data-\($0.name)=\"\(XMLText.escaped($0.value))\"" }.joined()
    }

    private var banner: String {
        let rows = facts.map { fact in
            "<dt>\(XMLText.escaped(fact.term))</dt><dd>\(XMLText.escaped(fact.description))</dd>\n"
        }
        let notes = warnings.map { "<p class=\"note\">\(XMLText.escaped($0))</p>\n" }
        return """
            <header>
            <h1>\(XMLText.escaped(caption.title))</h1>
            <details><summary>\(XMLText.escaped(caption.subtitle))</summary>
            <dl>
            \(rows.joined())</dl>
            </details>
            </header>
            \(notes.joined())
            """
    }

    private func data(_ name: String, _ text: String) -> String {
        "<script type=\"application/octet-stream\" id=\"\(name)\">\(text)</script>\n"
    }
}

/// The files that are copied into every page.
private enum PageAssets {
    static let markup = String(decoding: PackageResources.page_html, as: UTF8.self)

    static let styleSheet =
        String(decoding: PackageResources.page_css, as: UTF8.self) + FlameGraphPalette.styleSheet
        + HuePalette.styleSheet + ChangePalette.styleSheet

    static let script = CompactScript.text(of: [
        PackageResources.shared_document_js, PackageResources.shared_values_js,
        PackageResources.page_columns_js, PackageResources.page_profile_js, PackageResources.page_filter_js,
        PackageResources.page_tree_js, PackageResources.page_branches_js, PackageResources.page_text_js,
        PackageResources.page_layout_js, PackageResources.page_flames_js, PackageResources.page_heatmap_js,
        PackageResources.page_timeline_js, PackageResources.page_functions_js, PackageResources.page_threads_js,
        PackageResources.page_colours_js, PackageResources.page_changes_js, PackageResources.page_state_js,
        PackageResources.page_search_js, PackageResources.page_details_js, PackageResources.page_menu_js,
        PackageResources.page_sandwich_js, PackageResources.page_controls_js, PackageResources.page_keyboard_js,
        PackageResources.page_page_js, PackageResources.page_start_js,
    ])
}
